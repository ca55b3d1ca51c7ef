import type { Schedule, ScheduleRow, Ticked } from '../../core/schedule.js'
import type { Schedules } from '../../core/schedules.js'
import { admit } from './admit.js'
import type { Row } from './schedule-table.js'
import type { Store } from './store.js'

export function schedulesOf(store: Store): Schedules {
  return {
    keep: async (p) => keep(store, p),
    tick: async (p) => tick(store, p),
    list: async () => [...store.schedules.rows.values()].sort(byName).map((row) => ({ ...row })),
  }
}

const byName = (a: Row, b: Row): number => (a.name < b.name ? -1 : 1)

function keep(store: Store, p: Parameters<Schedules['keep']>[0]): ScheduleRow {
  const { staleMs, since, ...asked } = p
  const now = store.now()
  let row = store.schedules.rows.get(p.name)
  if (!row) {
    const marks = { firstSeen: now, doneUntil: now, lookedAt: now, lastTick: null, lastRun: null, ran: 0, skipped: 0 }
    row = { ...asked, since, revision: 1, ...marks }
    store.schedules.rows.set(p.name, row)
  }
  if (!isSame(row, p)) {
    const newer = p.version > row.version || (p.version === row.version && since > row.since)
    if (!newer && row.lookedAt > now - staleMs) return { ...row }
    // Ticks of other times than before begin now.
    if (row.cron !== p.cron || row.tz !== p.tz) row.doneUntil = Math.max(row.doneUntil, now)
    Object.assign(row, asked, { since, revision: row.revision + 1 })
  }
  row.lookedAt = Math.max(row.lookedAt, now)
  return { ...row }
}

const isSame = (a: Schedule, b: Schedule): boolean =>
  a.version === b.version && a.cron === b.cron && a.tz === b.tz && a.overlap === b.overlap && a.missed === b.missed

function tick(store: Store, p: Parameters<Schedules['tick']>[0]): Ticked {
  const row = store.schedules.rows.get(p.name)
  const none = { runs: [], skipped: 0 }
  if (!row || row.revision !== p.revision || row.doneUntil !== p.from) return { code: 'moved', ...none }
  if (p.until > store.now()) return { code: 'early', ...none }
  const runs: string[] = []
  let { skipped } = p
  for (const { at, admission } of p.runs) {
    const { tenant, session } = admission
    const active = session === null ? null : store.sessions.known(tenant, session)?.active
    const made = row.overlap === 'skip' && active ? null : admit(store, admission)
    if (made?.code === 'ok' || made?.code === 'existing') {
      runs.push(made.runId)
      Object.assign(row, { lastTick: at, lastRun: made.runId })
    } else skipped += 1
  }
  Object.assign(row, { doneUntil: p.until, ran: row.ran + runs.length, skipped: row.skipped + skipped })
  return { code: 'ok', runs, skipped }
}
