import { isDeepStrictEqual } from 'node:util'
import type { Ledger } from '../../src/core/ledger.js'

/** What was asked before is told with a difference, that much of it. */
const KEPT = 25
const KEPT_CHARACTERS = 300

/** One of the two ledgers that are compared: its clock can be set, and its workers have numbers of their own. */
export interface Side {
  readonly name: string
  readonly ledger: Ledger
  setClock(ms: number): Promise<void>
  readonly workerIds: number[]
  /** The epoch that the ledger had before. */
  epoch: number
}

export async function sideOf(name: string, ledger: Ledger, setClock: (ms: number) => Promise<void>): Promise<Side> {
  return { name, ledger, setClock, workerIds: [], epoch: (await ledger.switchHistory()).at(-1)?.epoch ?? 0 }
}

/** Asks two ledgers the same, and throws where they answer differently. */
export class Pair {
  readonly log: string[] = []

  constructor(
    readonly one: Side,
    readonly other: Side,
  ) {}

  /** The first ledger's answer, when the second one's is the same. */
  async both<T>(what: string, ask: (side: Side) => Promise<T>): Promise<T> {
    const mine = await ask(this.one)
    const theirs = plain(await ask(this.other), this.other)
    this.log.push(`${what.slice(0, KEPT_CHARACTERS)} → ${short(mine).slice(0, KEPT_CHARACTERS)}`)
    if (isDeepStrictEqual(plain(mine, this.one), theirs)) return mine
    const [here, there, where] = firstDifference(plain(mine, this.one), theirs, what)
    const answers = [`${this.one.name}: ${short(here)}`, `${this.other.name}: ${short(there)}`]
    throw new Error([`The ledgers differ at: ${where}`, ...answers, 'Before:', ...this.log.slice(-KEPT)].join('\n'))
  }
}

/** Follows the first key that differs down to the smallest values that do. */
function firstDifference(a: unknown, b: unknown, where: string): [unknown, unknown, string] {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return [a, b, where]
  const key = Object.keys({ ...a, ...b }).find((one) => !isDeepStrictEqual(at(a, one), at(b, one)))
  return key === undefined ? [a, b, where] : firstDifference(at(a, key), at(b, key), `${where} / ${key}`)
}

const at = (value: object, key: string): unknown => (value as Record<string, unknown>)[key]

/** What must be the same on both: not the numbers of workers, nor where epochs began, nor how facts were spelled. */
function plain(value: unknown, side: Side): unknown {
  const text = JSON.stringify(value, (key, item: unknown) => {
    if (key === 'workerId' && typeof item === 'number') return side.workerIds.indexOf(item)
    if (key === 'epoch' && typeof item === 'number') return item - side.epoch
    return SPELLING.has(key) ? undefined : item
  })
  return text === undefined ? undefined : JSON.parse(text)
}

/** Hashes cover the spelling of facts: each ledger's chain is checked by itself. A life is a server's own. */
const SPELLING = new Set(['factsText', 'hash', 'headHash', 'firstHash', 'life', 'known'])

const short = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 2_000)
