import type { DriftProgress, Release, Trip } from '../../core/drift.js'
import type { Ledger } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { EpochMs } from '../../core/time.js'
import { type Alarm, alarmsOf } from '../../govern/drift/alarms.js'
import { dayOf, weekOf } from '../../govern/drift/calendar.js'
import { daysOf, scorePoints } from '../../govern/drift/days.js'
import { type Series, seriesOf } from '../../govern/drift/series.js'
import { foldSome } from '../../services/drift/folding.js'

export interface DriftFilter {
  readonly agent?: string
  /** Weeks from the one that holds it on. */
  readonly since: EpochMs
  /** Of one version alone; changes are of the agent all the same. */
  readonly version?: number
}

/** An agent's weeks, the changes in them, and what its tripwires did. */
export interface DriftedAgent extends Series {
  /** Changes that are in the shown weeks, by the day that showed them. */
  readonly alarms: readonly Alarm[]
  readonly trips: readonly Trip[]
}

export interface Drifted {
  readonly now: EpochMs
  readonly since: EpochMs
  /** How far the series are. */
  readonly progress: DriftProgress
  readonly agents: readonly DriftedAgent[]
}

export type { Week } from '../../govern/drift/series.js'
export type { Alarm, Release, Series }

/** Reads the series; changes are found from the whole days alone, with all that came before, so that they do not move with `since`. */
export async function driftIn(ledger: Ledger, { agent, since: asked, version }: DriftFilter): Promise<Drifted> {
  const { drift } = ledger
  const of = agent === undefined ? {} : { agent }
  const now = await ledger.now()
  // What lies ahead has no weeks yet, and a time that no calendar knows has none at all.
  const since = weekOf(Math.min(asked, now))
  const progress = await drift.progress()
  const from = Math.min(since, dayOf(now) - LIMITS.drift_looked_at_ms)
  const folded = await drift.points({ ...of, span: 'day', since: from })
  const [releases, trips] = [await drift.releases(of), await drift.trips(of)]
  const agents = [...new Set(folded.map((point) => point.agent))].sort()
  const points = [...folded]
  for (const name of agents) points.push(...scorePoints(await drift.scores({ agent: name, since: from })))
  return { now, since, progress, agents: agents.map((name) => told(name)) }

  function told(name: string): DriftedAgent {
    const own = points.filter((point) => point.agent === name)
    const began = releases.filter((one) => one.agent === name)
    const shown = own.filter((point) => point.at >= since && (version === undefined || point.version === version))
    const whole = daysOf(own).filter(({ at }) => at < dayOf(now))
    return {
      ...seriesOf(name, shown, began, now),
      alarms: alarmsOf(whole, began).filter(({ day }) => day >= since),
      trips: trips.filter((trip) => trip.agent === name && (trip.releasedAt === null || trip.at >= since)),
    }
  }
}

/** Folds everything that has ended. How many runs; whoever else folds beside it takes its share. */
export async function foldAll(ledger: Ledger, told: (runs: number) => void = () => undefined): Promise<number> {
  let folded = 0
  for (;;) {
    const { code, runs } = await foldSome(ledger, LIMITS.drift_batch)
    if (code === 'ok') folded += runs
    if (code === 'ok' && runs < LIMITS.drift_batch) return folded
    told(folded)
  }
}

/** Makes the series anew from the journals. Days of which a journal was pruned stay as they are. */
export async function refoldAll(
  ledger: Ledger,
  told: (runs: number) => void = () => undefined,
): Promise<{ readonly runs: number; readonly days: number; readonly kept: readonly EpochMs[] }> {
  const points = await ledger.drift.points({ span: 'day', since: 0 })
  const days = [...new Set(points.map(({ at }) => at))].sort((a, b) => a - b)
  const kept: EpochMs[] = []
  for (const day of days) if ((await ledger.drift.refold({ day })).code === 'pruned') kept.push(day)
  return { runs: await foldAll(ledger, told), days: days.length - kept.length, kept }
}
