import { Cron } from 'croner'
import { MISSED, type Missed, OVERLAPS, type Overlap } from '../core/schedule.js'
import type { EpochMs } from '../core/time.js'
import { type Checked, check, type Schema } from '../tools/schema.js'

/** What a tick's input may be made of. */
export interface Tick {
  /** When it was due, ISO 8601 in UTC. */
  readonly at: string
  /** Its date in the schedule's own time zone, `2026-01-31`. */
  readonly day: string
}

/** When a flow is run by itself. */
export interface Every<I> {
  /** Minute, hour, day of month, month, day of week; with six parts the first is the second. */
  cron: string
  /** IANA name of the time zone, such as `Europe/Berlin`. */
  tz: string
  /** A tick while the run of an earlier one has not ended: `skip` it, or let it wait for its turn. */
  overlap: Overlap
  /** Ticks that came while no worker was there: the `last` one runs (default), `all` do, or none (`skip`). */
  missed?: Missed
  /** Makes the input; left out, it is `{ at, day }`. */
  input?: (tick: Tick) => I
}

/** A schedule as a definition carries it. */
export interface Timetable {
  readonly cron: string
  readonly tz: string
  readonly overlap: Overlap
  readonly missed: Missed
  readonly input: (tick: Tick) => unknown
}

/** Checks a schedule against the input of its flow. Throws a sentence that says what to mend. */
export function timetableOf(every: Every<never>, schema: Schema): Timetable {
  const { cron, tz, overlap, missed = 'last', input = (tick: Tick) => tick } = every
  if (!OVERLAPS.includes(overlap)) throw new RangeError(`every.overlap is one of ${OVERLAPS.join(', ')}.`)
  if (!MISSED.includes(missed)) throw new RangeError(`every.missed is one of ${MISSED.join(', ')}.`)
  if (missed === 'all' && overlap === 'skip')
    throw new RangeError("every.missed 'all' needs overlap 'queue': all but the first would be skipped.")
  const parts = cron.trim().split(/\s+/).length
  if (parts !== 5 && parts !== 6) throw new RangeError(`every.cron '${cron}' has ${parts} parts, not five or six.`)
  const made: Timetable = { cron, tz, overlap, missed, input }
  const [first] = ticksAfter(made, Date.UTC(2024, 0, 1), 1)
  if (first === undefined) throw new RangeError(`every.cron '${cron}' has no tick at all.`)
  const fits = check(schema, input(tickOf(made, first)))
  if (isUnfit(fits)) throw new RangeError(`a tick's input does not fit the flow's: ${fits.issues}. Give every.input.`)
  return made
}

/** A schema that takes its time is asked when the tick is there. */
const isUnfit = (fits: Checked<unknown> | Promise<Checked<unknown>>): fits is Checked<unknown> & { ok: false } =>
  'ok' in fits && !fits.ok

/** The first ticks after a moment, in order, at most so many. Throws what croner throws for what is no pattern or zone. */
export function ticksAfter({ cron, tz }: Pick<Timetable, 'cron' | 'tz'>, after: EpochMs, limit: number): EpochMs[] {
  const pattern = new Cron(cron, { timezone: tz, paused: true })
  const found: EpochMs[] = []
  for (let at = pattern.nextRun(new Date(after)); at !== null && found.length < limit; at = pattern.nextRun(at))
    found.push(at.getTime())
  return found
}

export function tickOf({ tz }: Pick<Timetable, 'tz'>, at: EpochMs): Tick {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: tz, year: 'numeric', month: '2-digit', day: '2-digit' })
  const part = Object.fromEntries(parts.formatToParts(new Date(at)).map(({ type, value }) => [type, value]))
  return { at: new Date(at).toISOString(), day: `${part.year}-${part.month}-${part.day}` }
}

/** What runs of the ticks that are due. */
export interface Plan {
  readonly run: readonly EpochMs[]
  readonly skipped: number
  /** All ticks up to here are dealt with by it. */
  readonly until: EpochMs
}

/**
 * What becomes of ticks that are due, in order; `more` says that later ones are due too. `lateMs`: how late one may be and
 * still be in time. Pure.
 */
export function planOf(
  missed: Missed,
  due: readonly EpochMs[],
  p: { readonly more: boolean; readonly now: EpochMs; readonly lateMs: number },
): Plan {
  const last = due.at(-1) as EpochMs
  const run =
    missed === 'all'
      ? due
      : missed === 'last'
        ? due.filter((at) => !p.more && at === last)
        : due.filter((at) => at >= p.now - p.lateMs)
  return { run, skipped: due.length - run.length, until: last }
}
