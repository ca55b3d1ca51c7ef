import type { Ledger } from '../../core/ledger.js'
import { isBehind, sessionRow } from './sessions.js'
import type { Store } from './store.js'

type Verbs = 'session' | 'sessions' | 'closeSession' | 'reopenSession' | 'passGaps'

/** What is done with sessions as such; their messages are admitted, and their runs claimed, like any others. */
export function conversingOf(store: Store): Pick<Ledger, Verbs> {
  return {
    session: async ({ tenant, session }) => {
      const row = store.sessions.known(tenant, session)
      return row ? sessionRow(row) : null
    },
    sessions: async (p) => store.sessions.list(p),
    closeSession: async ({ tenant, session, by, reason = null }) => {
      const row = store.sessions.known(tenant, session)
      if (!row || row.closed) return { code: row ? 'unchanged' : 'unknown' }
      row.closed = { by, reason, at: store.now() }
      return { code: 'ok' }
    },
    reopenSession: async ({ tenant, session }) => {
      const row = store.sessions.known(tenant, session)
      if (!row?.closed) return { code: row ? 'unchanged' : 'unknown' }
      row.closed = null
      // It was not idle while it could take nothing.
      row.lastAt = store.now()
      return { code: 'ok' }
    },
    passGaps: async ({ limit }) => passGaps(store, limit),
  }
}

/** Missing numbers whose time is over are given up, longest due first; people are told of them. */
function passGaps(store: Store, limit: number): number {
  const now = store.now()
  const due = [...store.sessions.all()].filter(({ gapDueAt }) => gapDueAt !== null && gapDueAt <= now)
  due.sort((a, b) => (a.gapDueAt ?? 0) - (b.gapDueAt ?? 0) || (isBehind(a, b) ? 1 : -1))
  for (const row of due.slice(0, limit)) {
    const passed = store.sessions.passGap(row, now)
    if (!passed) continue
    const { run, gap } = passed
    run.gap = gap
    if (run.state === 'queued' && !run.kin.behind) store.makeDue(run, now)
    if (gap) store.tell('gap', run, { from: gap[0], session: row.session, to: gap[1] }, now)
  }
  return Math.min(due.length, limit)
}
