import type { Rung } from '../core/escalation.js'
import type { JsonValue } from '../core/json.js'
import { showUsd } from '../core/money.js'
import type { EpochMs } from '../core/time.js'
import { meterUnit } from '../runtime/operator.js'

const UNITS = [
  [1, 'ms', 1_000],
  [1_000, 's', 60_000],
  [60_000, 'm', 3_600_000],
  [3_600_000, 'h', 86_400_000],
  [86_400_000, 'd', Number.POSITIVE_INFINITY],
] as const

/** A length of time in its largest unit: `340ms`, `12s`, `3h`; what rounds up to the next unit is told in that. */
export function span(ms: number): string {
  const rounded = UNITS.map(([size, unit, next]) => ({ count: Math.round(ms / size), unit, size, next }))
  const fits = rounded.find(({ count, size, next }) => Math.abs(count * size) < next)
  return `${fits?.count}${fits?.unit}`
}

/** The same to the millisecond: `2m`, `1m1.03s`. What is added up and held against a limit must show why it does not fit. */
export function exactSpan(ms: number): string {
  const whole = Math.round(ms)
  if (whole < 1_000) return `${whole}ms`
  let left = whole
  const large = [...UNITS].reverse().filter(([size]) => size > 1_000)
  const parts = large.map(([size, unit]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count === 0 ? '' : `${count}${unit}`
  })
  return `${parts.join('')}${left === 0 ? '' : `${left / 1_000}s`}`
}

/** `1 call`, `2 calls`. */
export function many(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`
  return `${count} ${/[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`}`
}

/** When, seen from now: `in 3h`, `12s ago`. */
export function fromNow(at: EpochMs, now: EpochMs): string {
  return at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`
}

/** `2026-01-31 02:04:05Z`: the ledger's time, in UTC. */
export function stamp(at: EpochMs): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}

/** `02:04:05.678`, for entries of one run. */
export function clockTime(at: EpochMs): string {
  return new Date(at).toISOString().slice(11, 23)
}

/** The last group of an id: what tells runs of the same minute apart. Commands take it in place of the whole. */
export function shortId(runId: string): string {
  return runId.length > 20 ? (runId.split('-').at(-1) ?? runId) : runId
}

/** An amount of a meter as people write it. */
export function amount(name: string, value: number): string {
  const meter = name.split('.').at(-1) ?? name
  if (isMoney(meter)) return showUsd(value)
  return meter === 'active' || meter === 'deadline' ? exactSpan(value) : String(value)
}

/** Without the config that declares it, a meter is known to be money by its name alone. */
export function isMoney(meter: string): boolean {
  return meterUnit(meter) === 'usd' || /(^|_)usd$/.test(meter)
}

/** JSON on one line, cut where it is long. */
export function brief(value: JsonValue | undefined, most = 160): string {
  return cut(typeof value === 'string' ? value : JSON.stringify(value ?? null), most)
}

export function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}

/** A chain of rungs as it is climbed: `finance within 4h, then manager within 4h, else refuse`. */
export function chainText(chain: JsonValue | undefined): string {
  if (!Array.isArray(chain) || chain.length === 0) return 'somebody'
  const rungs = chain as unknown as readonly Rung[]
  const asked = rungs.map(({ to, withinMs }) => `${to} within ${span(withinMs)}`)
  const last = rungs.at(-1)?.otherwise
  return [...asked, ...(last ? [`else ${last.replace('_', ' ')}`] : [])]
    .join(', then ')
    .replace(', then else', ', else')
}
