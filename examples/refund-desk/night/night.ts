import { createHash } from 'node:crypto'
import type { Mood } from '../brain/moods.js'
import type { ProviderTrouble } from '../payments/port.js'
import { CASES, type Case, type Trouble } from './cases.js'

/** All that goes wrong, as a function of the seed: both desks get the same night, request by request. */
export interface Night {
  readonly seed: number
  /** How the provider treats the nth request (from 1) about an order. */
  provider(orderId: string, nth: number): ProviderTrouble
  /** How the model behaves on an order. */
  mood(orderId: string): Mood
  /** How long the model takes for an answer, by how many it gave on this order. */
  modelMs(orderId: string, nth: number): number
  /** The credit system acts, and its answer is lost. */
  losesCredit(orderId: string): boolean
  /** Lines of a customer's history when this order is worked. */
  historyLines(customerId: string): number
  /** When a case's messages arrive, from the night's start. */
  arrivesMs(name: string): number
}

const DELIVERED_WITHIN_MS = 8_000
const NO_TROUBLE: ProviderTrouble = { kind: 'none' }
/** Whose history has no end. */
const TALKATIVE = 'c-09'

/** The night of a seed. */
export function nightOf(seed: number, cases: readonly Case[] = CASES): Night {
  const byOrder = new Map(cases.map((one) => [one.orderId, one]))
  const chance = (...of: readonly (string | number)[]) => chanceOf([seed, ...of].join('|'))
  const between = (least: number, most: number, ...of: readonly (string | number)[]) =>
    Math.round(least + chance(...of) * (most - least))
  return {
    seed,
    mood: (orderId) => byOrder.get(orderId)?.mood ?? 'steady',
    modelMs: (orderId, nth) => between(60, 220, 'model', orderId, nth),
    losesCredit: (orderId) => byOrder.get(orderId)?.trouble === 'lost_credit',
    historyLines: (customerId) => (customerId === TALKATIVE ? between(500, 700, 'history') : 0),
    arrivesMs: (name) =>
      arrival(cases.find((one) => one.name === name)?.trouble) ?? between(0, DELIVERED_WITHIN_MS, 'arrives', name),
    provider: (orderId, nth) => {
      const storm = between(3, 4, 'storm', orderId)
      const lateMs = between(20, 120, 'late', orderId, nth)
      return providerTrouble(byOrder.get(orderId)?.trouble ?? 'none', nth, storm) ?? { kind: 'slow', afterMs: lateMs }
    },
  }
}

/** A night on which nothing happens: for messages typed by hand afterwards. */
export const CALM: Night = {
  seed: 0,
  provider: () => NO_TROUBLE,
  mood: () => 'steady',
  modelMs: () => 0,
  losesCredit: () => false,
  historyLines: () => 0,
  arrivesMs: () => 0,
}

/** The seed of an environment, when there is one. */
export function nightFromEnvironment(text: string | undefined): Night {
  return text === undefined || text === '' ? CALM : nightOf(Number(text))
}

function providerTrouble(trouble: Trouble, nth: number, storm: number): ProviderTrouble | null {
  if (trouble === 'storm') return nth <= storm ? { kind: 'busy', retryAfterMs: 1_000 } : null
  // Slow enough that two who look before they pay both see an unpaid order.
  if (trouble === 'slow') return { kind: 'slow', afterMs: 600 }
  if (nth > 1) return null
  if (trouble === 'lost_answer') return { kind: 'pay_then_hang' }
  if (trouble === 'worker_killed') return { kind: 'pay_then_kill_sender' }
  return trouble === 'broken' ? { kind: 'broken' } : null
}

/** A worker dies early; the credit whose answer is lost comes late, so that the two never meet in one worker. */
function arrival(trouble: Trouble | undefined): number | null {
  if (trouble === 'worker_killed') return 1_000
  return trouble === 'lost_credit' ? DELIVERED_WITHIN_MS : null
}

/** A number in [0, 1) that depends on the text alone. */
function chanceOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}
