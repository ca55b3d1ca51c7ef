import type { Tally, TripAct } from '../../core/drift.js'
import { MidwatchError } from '../../core/errors.js'
import { BUILT_IN_METERS } from '../../core/meters.js'
import { type Usd, usdMicros } from '../../core/money.js'
import { OWNERS, type Owner } from '../../core/owner.js'
import type { EpochMs } from '../../core/time.js'
import { limitOf, type ToSmallest, type Windowed } from '../ceilings.js'
import { SIGNALS, type SignalName } from '../signals/signal.js'
import type { Alarm } from './alarms.js'
import { dayOf, hourOf } from './calendar.js'
import { MEASURES, type NamedMeasure } from './measures.js'

/**
 * What is done when a tripwire trips, until a person releases it: `hold` or `end` engages a kill switch on the agent, `tell` leaves a
 * notice alone, `tighten` sets operators' ceilings on the agent, where no lower ones stand.
 */
export type TripDo<M extends string = never> = 'hold' | 'end' | 'tell' | { readonly tighten: Windowed<M> }

/** What a run does or comes to that can be counted: a share of runs, or so many a run. */
export const TRIP_RATES = ['refusals', 'escalations', 'signals', 'failed', 'not_completed', 'attempts'] as const
export type TripRate = (typeof TRIP_RATES)[number] | `signal:${SignalName}` | `owner:${Owner}`

interface Wire<M extends string> {
  readonly name: string
  readonly do: TripDo<M>
}

/** A change for the worse of a measure, as `midwatch drift` tells it; `any`: of whichever. */
export interface AlarmWire<M extends string = never> extends Wire<M> {
  readonly on: 'alarm'
  readonly of: NamedMeasure | 'any' | `signal:${SignalName}` | `owner:${Owner}`
}

interface InWindow {
  /** Calendar window, UTC, by the time of runs' ends. */
  readonly over: 'hour' | 'day'
  /** With fewer runs in it nothing is said; default 10. */
  readonly runs?: number
}

/** More than so many a run (`failed` and `not_completed`: the share of runs; `attempts`: a step). */
export interface RateWire<M extends string = never> extends Wire<M>, InWindow {
  readonly on: 'rate'
  readonly of: TripRate
  readonly above: number
}

/** More dollars than so many spent by a run, on the mean of those that ended, whatever became of them. */
export interface SpendWire<M extends string = never> extends Wire<M>, InWindow {
  readonly on: 'spend'
  readonly above: Usd
}

/** A change or a rate that stops an agent, or makes its room smaller, without anybody awake. */
export type Tripwire<M extends string = never> = AlarmWire<M> | RateWire<M> | SpendWire<M>

/** A tripwire, checked, in smallest units. */
export interface CheckedWire {
  readonly name: string
  readonly act: TripAct
  readonly when:
    | { readonly on: 'alarm'; readonly of: string }
    | {
        readonly on: 'rate' | 'spend'
        readonly of: string
        readonly above: number
        readonly over: 'hour' | 'day'
        readonly runs: number
      }
}

const RUNS_LEAST = 10

/** Checks the tripwires of an agent, whose tools charge `meters`. Throws `invalid_definition`: a misspelled one would guard nothing. */
export function tripwiresOf(
  agent: string,
  wires: readonly Tripwire<string>[],
  p: { readonly meters: readonly string[]; readonly toSmallest: ToSmallest },
): CheckedWire[] {
  const names = wires.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalid(agent, `two are called '${twice}'.`)
  return wires.map((wire) => {
    if (typeof wire.name !== 'string' || !/^[a-z][a-z0-9_-]{0,49}$/.test(wire.name))
      throw invalid(agent, `'${String(wire.name)}' is no name; write small letters, digits, _ and -.`)
    return { name: wire.name, act: actOf(agent, wire, p), when: whenOf(agent, wire) }
  })
}

function whenOf(agent: string, wire: Tripwire<string>): CheckedWire['when'] {
  const no = (why: string) => invalid(agent, `'${wire.name}': ${why}`)
  if (wire.on === 'alarm') {
    if (wire.of !== 'any' && !isBrought(wire.of) && !MEASURES.includes(wire.of as NamedMeasure))
      throw no(`'${wire.of}' is not watched for changes.`)
    return { on: 'alarm', of: wire.of }
  }
  if (wire.on !== 'rate' && wire.on !== 'spend') throw no("on is 'alarm', 'rate' or 'spend'.")
  if (wire.over !== 'hour' && wire.over !== 'day') throw no("over is 'hour' or 'day'.")
  const runs = wire.runs ?? RUNS_LEAST
  if (!Number.isSafeInteger(runs) || runs < 1) throw no('runs is a whole number from 1.')
  if (wire.on === 'spend') return { on: 'spend', of: 'usd', above: usdMicros(wire.above), over: wire.over, runs }
  if (!isBrought(wire.of) && !TRIP_RATES.includes(wire.of as (typeof TRIP_RATES)[number]))
    throw no(`'${wire.of}' is no rate; there are ${TRIP_RATES.join(', ')} signal:NAME and owner:NAME.`)
  if (typeof wire.above !== 'number' || !(wire.above >= 0)) throw no('above is a number from 0.')
  return { on: 'rate', of: wire.of, above: wire.above, over: wire.over, runs }
}

const isBrought = (of: string): boolean =>
  SIGNALS.some((name) => of === `signal:${name}`) || OWNERS.some((owner) => of === `owner:${owner}`)

function actOf(
  agent: string,
  { name, do: wish }: Tripwire<string>,
  { meters, toSmallest }: { readonly meters: readonly string[]; readonly toSmallest: ToSmallest },
): TripAct {
  if (wish === 'hold' || wish === 'end' || wish === 'tell') return { kind: wish }
  const wanted = Object.entries(wish?.tighten ?? {}).filter(([, value]) => value !== undefined)
  if (wanted.length === 0) throw invalid(agent, `'${name}': do is 'hold', 'end', 'tell' or { tighten: { METER: … } }.`)
  const limits = wanted.map(([meter, value]) => {
    if (!meters.includes(meter) && !Object.hasOwn(BUILT_IN_METERS, meter))
      throw invalid(agent, `'${name}': no tool charges the meter '${meter}'.`)
    const { per, max } = value as { per: 'hour' | 'day' | 'week' | 'month'; max: unknown }
    if (!['hour', 'day', 'week', 'month'].includes(per))
      throw invalid(agent, `'${name}': '${String(per)}' is no window.`)
    return { meter, per, limit: limitOf(meter, max, toSmallest) }
  })
  return { kind: 'ceilings', limits }
}

const invalid = (agent: string, why: string) => new MidwatchError('invalid_definition', `'${agent}', tripwires: ${why}`)

/** What a tripwire was judged by; `since`: when that began. */
export interface Tripping {
  readonly since: EpochMs
  readonly evidence: Readonly<Record<string, string | number | null>>
}

/** What an agent's runs came to in the windows that hold now, and the changes that were found. */
export interface Judged {
  readonly now: EpochMs
  readonly hour: Tally
  readonly day: Tally
  readonly alarms: readonly Alarm[]
}

/** Why a tripwire trips now; null while it does not. Pure. */
export function trippedBy({ when }: CheckedWire, judged: Judged): Tripping | null {
  if (when.on === 'alarm') {
    const alarm = judged.alarms.findLast(
      ({ measure, meaning }) => meaning === 'worse' && (when.of === 'any' || when.of === measure),
    )
    if (alarm === undefined) return null
    const { measure, before, after, since, day, version } = alarm
    return { since: day, evidence: { on: 'alarm', measure, before, after, changedAt: since, version } }
  }
  const tally = judged[when.over]
  const { events, of } = rateIn(tally, when.of)
  const runs = tally.runs ?? 0
  if (runs < when.runs || of === 0 || events / of <= when.above) return null
  const since = when.over === 'hour' ? hourOf(judged.now) : dayOf(judged.now)
  const { on, above, over } = when
  return { since, evidence: { on, measure: when.of, above, found: events / of, over, runs } }
}

function rateIn(tally: Tally, rate: string): { readonly events: number; readonly of: number } {
  const of = (name: string) => tally[name] ?? 0
  const runs = of('runs')
  if (rate === 'attempts') return { events: of('attempts'), of: of('steps') }
  if (rate === 'failed') return { events: of('outcome:failed'), of: runs }
  if (rate === 'signals') return { events: SIGNALS.reduce((sum, name) => sum + of(`signal:${name}`), 0), of: runs }
  return { events: of(rate), of: runs }
}
