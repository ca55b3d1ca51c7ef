import { type CrashCase, CrashNight, type CrashResult } from './night.js'

export interface Parade {
  readonly results: readonly CrashResult[]
  readonly violations: readonly string[]
}

/** Plays cases side by side, a few at a time, on one ledger; afterwards the invariants are checked over all of it. */
export async function playAll(
  cases: readonly CrashCase[],
  atOnce: number,
  tell: (done: number) => void = () => undefined,
): Promise<Parade> {
  const night = await CrashNight.open(cases)
  try {
    const results: CrashResult[] = []
    const left = [...cases]
    const lane = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        results.push(await night.play(next))
        tell(results.length)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    return { results, violations: await night.verify() }
  } finally {
    await night.close()
  }
}

/** One line that says what was shown. */
export function summaryOf({ results, violations }: Parade): { summary: string; ok: boolean } {
  const wrong = results.filter((r) => r.wrong.length > 0)
  const bit = results.filter((r) => r.bit).length
  const acts = results.reduce((sum, r) => sum + r.acts, 0)
  const lines = [
    `${results.length} crashes, ${bit} bit, ${acts} acts, duplicates or stuck: ${wrong.length}, invariants violated: ${violations.length}`,
    ...wrong.slice(0, 20).map((r) => `  ${r.effect} ${r.failpoint} seed ${r.seed} ${r.signal}: ${r.wrong.join('; ')}`),
    ...violations.slice(0, 20).map((v) => `  ${v}`),
  ]
  return { summary: lines.join('\n'), ok: wrong.length === 0 && violations.length === 0 && bit > 0 }
}
