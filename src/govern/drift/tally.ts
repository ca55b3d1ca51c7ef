import type { Tally } from '../../core/drift.js'
import { bucketOf, quantile } from './sketch.js'

/** How a value is brought to a scale on which noise is about even: orders of magnitude, either sign; or as it is. */
export const SCALES = { magnitude: Math.asinh, plain: (value: number) => value } as const
export type Scale = keyof typeof SCALES

/** Sums that grow; made once for what is told at a time. */
export class TallyMaker {
  readonly #sums: Record<string, number> = {}

  add(name: string, amount = 1): void {
    if (amount !== 0) this.#sums[name] = (this.#sums[name] ?? 0) + amount
  }

  /** One value of a measure: its number, its sum, and both moments on its scale. */
  value(name: string, value: number, scale: Scale): void {
    const scaled = SCALES[scale](value)
    this.add(`${name}:n`)
    this.add(`${name}:sum`, value)
    this.add(`${name}:one`, scaled)
    this.add(`${name}:two`, scaled * scaled)
  }

  /** One value of what quantiles are asked of. */
  bucket(name: string, value: number): void {
    this.add(`${name}~${bucketOf(value)}`)
  }

  addAll(tally: Tally): void {
    for (const [name, amount] of Object.entries(tally)) this.add(name, amount)
  }

  get tally(): Tally {
    return { ...this.#sums }
  }
}

export function together(tallies: Iterable<Tally>): Tally {
  const all = new TallyMaker()
  for (const tally of tallies) all.addAll(tally)
  return all.tally
}

/** Of the values of a measure: how many, their sum, their mean, and moments on its scale. */
export interface Values {
  readonly n: number
  readonly sum: number
  readonly one: number
  readonly two: number
}

export function valuesOf(tally: Tally, name: string): Values {
  const of = (part: string) => tally[`${name}:${part}`] ?? 0
  return { n: of('n'), sum: of('sum'), one: of('one'), two: of('two') }
}

/** The mean of a measure's values; null where there is none. */
export function meanOf(tally: Tally, name: string): number | null {
  const { n, sum } = valuesOf(tally, name)
  return n === 0 ? null : sum / n
}

export function quantileOf(tally: Tally, name: string, share: number): number | null {
  const prefix = `${name}~`
  const buckets = new Map<number, number>()
  for (const [key, count] of Object.entries(tally)) {
    if (key.startsWith(prefix)) buckets.set(Number(key.slice(prefix.length)), count)
  }
  return quantile(buckets, share)
}

/** Counts under a common prefix: `signal:` gives those of each signal. */
export function countsUnder(tally: Tally, prefix: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [key, count] of Object.entries(tally)) if (key.startsWith(prefix)) found[key.slice(prefix.length)] = count
  return found
}
