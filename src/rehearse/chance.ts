/**
 * Randomness that depends on the seed and on what it is for, never on who asked before: with a fault left out, everything
 * else stays as it was. That is what lets a failing case shrink.
 */
export interface Chance {
  /** In [0, 1). The same purpose gives the same number. */
  of(purpose: string): number
  /** A whole number, `least` to `most` inclusive. */
  between(least: number, most: number, purpose: string): number
  pick<T>(list: readonly [T, ...T[]], purpose: string): T
  /** Another stream, under a name of its own. */
  fork(name: string): Chance
}

/** FNV-1a over UTF-16 units, then the finaliser of MurmurHash3: fast, well mixed, the same on every machine. */
function mixed(text: string, from: number): number {
  let hash = from
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Chance of a seed. */
export function chanceOf(seed: number | string): Chance {
  const start = mixed(String(seed), 0x811c9dc5)
  const of = (purpose: string) => mixed(purpose, start) / 2 ** 32
  return {
    of,
    between: (least, most, purpose) => least + Math.floor(of(purpose) * (most - least + 1)),
    pick: (list, purpose) => list[Math.floor(of(purpose) * list.length)] ?? list[0],
    fork: (name) => chanceOf(`${seed}/${name}`),
  }
}
