/** What each run that is taken puts its priority forward by: low, normal, high are served 1 to 3 to 12 while all have work. */
const PACES = [12, 4, 1] as const

/** By priority from 0: how far each is behind. */
export type Credits = readonly [number, number, number]

interface Place<T> {
  readonly one: T
  readonly level: number
  readonly key: number
}

/**
 * One order of several lines, by priority from 0, in which each gets its share of the first `limit` places, and how far behind
 * each is afterwards. A line that is alone is left as it is; one that is empty is behind by nothing.
 */
export function byShares<T>(
  lines: readonly (readonly T[])[],
  credits: Credits,
  limit: number,
): { readonly order: readonly T[]; readonly credits: Credits } {
  const present = lines.filter((line) => line.length > 0)
  if (present.length <= 1) return { order: present[0] ?? [], credits }
  const places = lines.flatMap((line, level) =>
    line.map((one, i): Place<T> => ({ one, level, key: (i + 1) * (PACES[level] ?? 1) - (credits[level] ?? 0) })),
  )
  places.sort((a, b) => a.key - b.key || b.level - a.level)
  const taken = places.slice(0, limit)
  const reached = taken.at(-1)?.key ?? 0
  const behind = (level: 0 | 1 | 2) => {
    if (!lines[level]?.length) return 0
    const last = taken.findLast((place) => place.level === level)?.key ?? -credits[level]
    return Math.min(PACES[level], reached - last)
  }
  return { order: places.map(({ one }) => one), credits: [behind(0), behind(1), behind(2)] }
}
