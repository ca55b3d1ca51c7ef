import type { Order, Pass } from './contender.js'
import { median, quantile } from './numbers.js'

/** All passes of one contender in one comparison. */
export interface Measured {
  readonly passes: readonly Pass[]
  readonly best: number
  readonly median: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly clientUs: number
  readonly serverUs: number | null
}

/** Whoever can be measured: one contender, or several as one. */
export interface Passing {
  pass(order: Order): Promise<Pass>
}

/** How often contenders have passes, and what is waited for before each of them. */
export interface Turns {
  readonly rounds: number
  readonly calm: () => Promise<void>
}

/** Passes in turns, A B A B: what else happens on the machine meets all alike. The order turns round with each round. */
export async function compare<K extends string>(
  contenders: Readonly<Record<K, Passing>>,
  order: Order,
  { rounds, calm }: Turns,
): Promise<Record<K, Measured>> {
  const names = Object.keys(contenders) as K[]
  const passes = new Map<K, Pass[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      await calm()
      passes.get(name)?.push(await contenders[name].pass(order))
    }
  }
  return Object.fromEntries(names.map((name) => [name, measuredOf(passes.get(name) ?? [])])) as Record<K, Measured>
}

function measuredOf(passes: readonly Pass[]): Measured {
  const of = (field: (pass: Pass) => number) => passes.map(field)
  const server = passes.flatMap((pass) => (pass.serverUs === null ? [] : [pass.serverUs]))
  return {
    passes,
    best: Math.max(...of((p) => p.stepsPerSecond)),
    median: median(of((p) => p.stepsPerSecond)),
    p50Ms: median(of((p) => p.p50Ms)),
    p99Ms: quantile(
      of((p) => p.p99Ms),
      0.5,
    ),
    clientUs: median(of((p) => p.clientUs)),
    serverUs: server.length === 0 ? null : median(server),
  }
}

/** The middle one of the ratios of each round, for the passes of a round were neighbours in time; NaN when none gave one. */
export function ratioOf(one: Measured, to: Measured, of: (pass: Pass) => number): number {
  const ratios = one.passes.flatMap((pass, i) => {
    const other = to.passes[i]
    const ratio = other ? of(pass) / of(other) : Number.NaN
    return Number.isFinite(ratio) ? [ratio] : []
  })
  return median(ratios)
}
