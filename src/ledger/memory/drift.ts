import type { AlarmRow, DayOfScores, Drift, DriftPoint, Tally, Trip } from '../../core/drift.js'
import { canonical } from '../../core/json.js'
import { scopeOf } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import type { DriftTable } from './drift-table.js'
import { type Run, rowOf } from './runs.js'
import type { Store } from './store.js'

const DAY_MS = 86_400_000

/** Series, alarms and tripwires of a ledger in memory. */
export function driftOf(store: Store): Drift {
  const { drift: table } = store
  return {
    unfolded: async ({ limit }) => waiting(store).slice(0, limit).map(rowOf),
    fold: async (p) => fold(store, p),
    points: async ({ agent, span, since }) => {
      const wanted = [...table.points.values()].filter(
        (one) => one.span === span && one.at >= since && isOf(one, agent),
      )
      return wanted.sort(byPlace).map((one) => ({ ...one }))
    },
    releases: async ({ agent }) =>
      [...table.releases.values()]
        .filter((one) => isOf(one, agent))
        .sort((a, b) => byAgent(a, b) || a.version - b.version),
    scores: async ({ agent, since }) => scoreDays(store, agent, since),
    progress: async () => {
      const left = waiting(store)
      const lost = [...store.runs.byId.values()].filter((run) => run.prunedAt !== null && !isFolded(table, run))
      return { waiting: left.length, oldest: left[0]?.endedAt ?? null, lost: lost.length }
    },
    forget: async ({ until }) => drop(table, (point) => point.span === 'hour' && point.at < until),
    refold: async ({ day }) => refold(store, day),
    alarm: async ({ withinMs, ...p }) => {
      const isNear = table.alarms.some(
        (one) =>
          isOf(one, p.agent) &&
          one.measure === p.measure &&
          one.direction === p.direction &&
          Math.abs(one.day - p.day) <= withinMs,
      )
      if (isNear) return { code: 'known' }
      const at = store.now()
      table.alarms.push({ ...p, at })
      store.leave('alarm', null, JSON.parse(p.body), at)
      return { code: 'ok' }
    },
    alarms: async ({ agent, since }) => table.alarms.filter((one) => isOf(one, agent) && one.day >= since).sort(byDay),
    trip: async (p) => trip(store, p),
    rearm: async ({ agent, wire, by }) => {
      const standing = table.trips.filter((one) => one.agent === agent && one.wire === wire && one.act.kind === 'tell')
      return { code: releaseAll(standing, by, store.now()) > 0 ? 'ok' : 'unchanged' }
    },
    trips: async ({ agent, since, standing }) =>
      table.trips
        .filter((one) => isOf(one, agent) && (standing !== true || one.releasedAt === null) && isSince(one, since))
        .map((one) => ({ ...one })),
  }
}

const isOf = (one: { readonly agent: string }, agent: string | undefined): boolean =>
  agent === undefined || one.agent === agent
const isSince = ({ at, releasedAt }: Trip, since: EpochMs | undefined): boolean =>
  since === undefined || at >= since || (releasedAt ?? -1) >= since
const isFolded = (table: DriftTable, run: Run): boolean => table.folded.has(run.admission.runId)
const byAgent = (a: { readonly agent: string }, b: { readonly agent: string }): number =>
  a.agent === b.agent ? 0 : a.agent < b.agent ? -1 : 1
const byPlace = (a: DriftPoint, b: DriftPoint): number => byAgent(a, b) || a.version - b.version || a.at - b.at
const byDay = (a: AlarmRow, b: AlarmRow): number =>
  a.day - b.day || byAgent(a, b) || (`${a.measure} ${a.direction}` < `${b.measure} ${b.direction}` ? -1 : 1)
const keyOf = ({ agent, span, at, version }: DriftPoint): string => `${agent}\n${span}\n${at}\n${version}`

/** Ended runs that no point knows of, those that ended first first. */
function waiting({ drift }: Store): Run[] {
  return [...drift.waiting].sort(
    (a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || (a.admission.runId < b.admission.runId ? -1 : 1),
  )
}

function fold({ runs, drift }: Store, p: Parameters<Drift['fold']>[0]): { readonly code: 'ok' | 'moved' } {
  const known = p.runs.flatMap((runId) => runs.byId.get(runId) ?? [])
  if (known.length < p.runs.length || !known.every((run) => drift.waiting.has(run))) return { code: 'moved' }
  for (const run of known) {
    drift.waiting.delete(run)
    drift.folded.add(run.admission.runId)
  }
  for (const point of p.points) {
    const before = drift.points.get(keyOf(point))
    drift.points.set(keyOf(point), { ...point, tally: sumOf(before?.tally ?? {}, point.tally) })
  }
  for (const release of p.releases) {
    const key = `${release.agent}\n${release.version}`
    if (release.at < (drift.releases.get(key)?.at ?? Number.POSITIVE_INFINITY)) drift.releases.set(key, release)
  }
  return { code: 'ok' }
}

function scoreDays({ scores, runs }: Store, agent: string, since: EpochMs): DayOfScores[] {
  const days = new Map<string, DayOfScores>()
  for (const { row } of scores.rows.values()) {
    const endedAt = runs.byId.get(row.runId)?.endedAt ?? -1
    if (row.agent !== agent || endedAt < since) continue
    const { version, name, value } = row
    const at = endedAt - (endedAt % DAY_MS)
    const key = JSON.stringify([version, name, at])
    const { count = 0, sum = 0, sumSquares = 0 } = days.get(key) ?? {}
    const more = { count: count + 1, sum: sum + value, sumSquares: sumSquares + value * value }
    days.set(key, { agent, version, name, at, ...more })
  }
  return [...days.values()].sort((a, b) => a.version - b.version || byName(a, b) || a.at - b.at)
}

const byName = (a: DayOfScores, b: DayOfScores): number => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1)

function sumOf(a: Tally, b: Tally): Tally {
  const sum: Record<string, number> = { ...a }
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + amount
  return sum
}

function drop(table: DriftTable, isGone: (point: DriftPoint) => boolean): number {
  const gone = [...table.points].filter(([, point]) => isGone(point))
  for (const [key] of gone) table.points.delete(key)
  return gone.length
}

/** A day whose runs are not all there any more stays as it is. */
function refold({ runs, drift }: Store, day: EpochMs): { readonly code: 'ok' | 'pruned'; readonly runs: number } {
  const isIn = (at: EpochMs) => at >= day && at < day + DAY_MS
  const there = [...runs.byId.values()].filter(
    (run) => run.endedAt !== null && isIn(run.endedAt) && run.prunedAt === null && isFolded(drift, run),
  )
  const ofDay = [...drift.points.values()].filter((point) => point.span === 'day' && point.at === day)
  const counted = ofDay.reduce((sum, { tally }) => sum + (tally.folded ?? 0), 0)
  if (there.length < counted) return { code: 'pruned', runs: 0 }
  for (const run of there) {
    drift.folded.delete(run.admission.runId)
    drift.waiting.add(run)
  }
  drop(drift, (point) => isIn(point.at))
  return { code: 'ok', runs: there.length }
}

function trip(store: Store, p: Parameters<Drift['trip']>[0]): { readonly code: 'ok' | 'standing' | 'early' } {
  const { agent, wire, act, evidence } = p
  const { trips } = store.drift
  const own = trips.filter((one) => one.agent === agent && one.wire === wire)
  if (own.some(({ releasedAt }) => releasedAt === null)) return { code: 'standing' }
  if (own.some(({ releasedAt }) => releasedAt !== null && releasedAt > p.since)) return { code: 'early' }
  const at = store.now()
  const scope = scopeOf.agent(agent)
  const by = `tripwire:${wire}`
  trips.push({ no: trips.length + 1, agent, wire, scope, act, evidence, at, releasedAt: null, releasedBy: null })
  if (act.kind === 'hold' || act.kind === 'end') {
    const before = store.switches.list().find((one) => one.scope === scope && one.engaged)
    if (before === undefined || (before.mode === 'hold' && act.kind === 'end')) {
      store.switches.engage({ scope, mode: act.kind, by, reason: evidence }, at)
      store.wakes.tell('switch', scope)
    }
  } else if (act.kind === 'ceilings') {
    for (const { meter, per, limit } of act.limits) {
      const before = store.meters.ceilings().find((c) => c.scope === scope && c.meter === meter && c.per === per)
      if (before === undefined || limit < before.limit) store.meters.setCeiling({ scope, meter, per, limit, by, at })
    }
  }
  const body = { act: JSON.parse(canonical(act)), agent, evidence: JSON.parse(evidence), wire }
  store.leave('tripwire', null, body, at)
  return { code: 'ok' }
}

/** A person let go of what tripwires had engaged: they may trip again. How many. */
export function releaseTrips(
  store: Store,
  p: { readonly scope: string; readonly by: string; readonly meter?: string; readonly per?: string },
): number {
  const { scope, by, meter, per } = p
  const engaged = store.drift.trips.filter(({ act, ...one }) => {
    if (one.scope !== scope || act.kind === 'tell') return false
    if (act.kind === 'ceilings') return act.limits.some((limit) => limit.meter === meter && limit.per === per)
    return meter === undefined
  })
  return releaseAll(engaged, by, store.now())
}

function releaseAll(
  trips: readonly { releasedAt: EpochMs | null; releasedBy: string | null }[],
  by: string,
  at: EpochMs,
): number {
  const standing = trips.filter(({ releasedAt }) => releasedAt === null)
  for (const one of standing) Object.assign(one, { releasedAt: at, releasedBy: by })
  return standing.length
}
