import { FAULTS, type FaultName, type Strike } from '../fault.js'

/** A strike that can follow another only where the first led: in recovery. */
export interface Led {
  readonly first: Strike
  readonly second: Strike
}

/** Two strikes of one case, at different visits. */
export type Pair = readonly [Strike, Strike]

type Sides = readonly [readonly FaultName[], readonly FaultName[]]

/** Pairs that the fault matrix names, by the faults of either side. */
const NAMED: readonly Sides[] = [
  [['crash'], ['crash']],
  // 2 + 9: a crash after the act, with the ledger away.
  [['crash'], ['ledger_away']],
  // 3 + 15: a stall past the lease, with calls that come twice.
  [['stall'], ['commit_delayed', 'message_duplicate']],
  // 18 + 34: an act without an answer, with a kill.
  [
    ['tool_timeout_after', 'tool_late_act'],
    ['kill', 'hold'],
  ],
]

/** All pairs of one story, the named ones first, each group spread over the story: whatever the budget, it is well used. */
export class Pairs {
  /** How many there are in all. */
  readonly possible: number
  readonly #named: readonly (readonly Pair[])[]
  readonly #led: readonly Pair[]

  constructor(
    private readonly strikes: readonly Strike[],
    led: readonly Led[],
  ) {
    const all = led.map(({ first, second }): Pair => [first, second])
    this.#named = NAMED.map((sides) => [...namedAmong(strikes, sides), ...all.filter((pair) => isOf(sides, pair))])
    this.#led = all.filter((pair) => !isNamed(pair))
    this.possible = countPairs(strikes) + led.length
  }

  /** At most so many: in turns from the named groups, then from the rest. */
  take(most: number): Pair[] {
    const named = inTurns(this.#named.map(spread), most)
    const left = Math.min(most, this.possible) - named.length
    const rest = left > 0 ? inTurns([this.#rest(left), spread(this.#led)], left) : []
    return [...named, ...rest]
  }

  /** Of the pairs that are not named, lazily: there may be a million. */
  #rest(most: number): Pair[] {
    const { strikes } = this
    const size = strikes.length
    const step = stepFor(size * size)
    const taken: Pair[] = []
    for (let at = 0; at < size * size && taken.length < most; at += 1) {
      const cell = (at * step) % (size * size)
      const [first, second] = [strikes[Math.floor(cell / size)], strikes[cell % size]]
      if (!first || !second || Math.floor(cell / size) >= cell % size || first.place === second.place) continue
      if (!isNamed([first, second])) taken.push([first, second])
    }
    return taken
  }
}

function namedAmong(strikes: readonly Strike[], sides: Sides): Pair[] {
  const some = strikes.filter(({ fault }) => sides[0].includes(fault) || sides[1].includes(fault))
  return some.flatMap((first, at) =>
    some
      .slice(at + 1)
      .filter(({ place }) => place !== first.place)
      .map((second): Pair => [first, second])
      .filter((pair) => isOf(sides, pair)),
  )
}

/** At most one fault strikes a visit, so two at one place are no pair. */
function countPairs(strikes: readonly Strike[]): number {
  const two = (n: number) => (n * (n - 1)) / 2
  const here = new Map<string, number>()
  for (const { place } of strikes) here.set(place, (here.get(place) ?? 0) + 1)
  return [...here.values()].reduce((sum, n) => sum - two(n), two(strikes.length))
}

const isNamed = (pair: Pair): boolean => NAMED.some((sides) => isOf(sides, pair))

function isOf([a, b]: Sides, [{ fault: first }, { fault: second }]: Pair): boolean {
  return (a.includes(first) && b.includes(second)) || (b.includes(first) && a.includes(second))
}

/** One of each list after the other, as long as there are any. */
function inTurns<T>(lists: readonly (readonly T[])[], most: number): T[] {
  const taken: T[] = []
  for (let turn = 0; taken.length < most && lists.some((list) => turn < list.length); turn += 1) {
    taken.push(...lists.flatMap((list) => list.slice(turn, turn + 1)))
  }
  return taken.slice(0, most)
}

/** Every item once, neighbours far apart. */
export function spread<T>(items: readonly T[]): T[] {
  const step = stepFor(items.length)
  return items.map((_, at) => items[(at * step) % items.length]).filter((one) => one !== undefined)
}

/** Near the golden section of the length, and coprime to it. */
function stepFor(length: number): number {
  let step = Math.max(1, Math.round(length * 0.618))
  while (gcd(step, length) > 1) step += 1
  return step
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** Ranks of strikes, in the order in which they are enumerated: the worker's own deaths, the rest of its troubles, everybody else's. */
export const RANKS = [0, 1, 2] as const
export type Rank = (typeof RANKS)[number]

export function rankOf({ fault }: Strike): Rank {
  if (fault === 'crash') return 0
  return FAULTS[fault].layer === 'process' ? 1 : 2
}
