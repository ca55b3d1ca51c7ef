import type { Claimed } from '../core/run-row.js'
import type { Activation } from './activation.js'
import { summary } from './outcome.js'
import type { Stretch } from './stretch-end.js'

/** Tells that a stretch of work begins; give back what tells how it ended, or null when nobody listens. */
export function tellStretch(of: Activation, claimed: Claimed, isKept: boolean): ((stretch: Stretch) => void) | null {
  const { observers, clock } = of.engine
  if (!observers.on) return null
  const { run, kin, definition } = of
  const { kind: agentKind } = definition
  const since = clock.monotonic()
  observers.tell({ kind: 'run.taken_up', run, agentKind, trace: kin.trace, isKept, claims: run.claims })
  if (claimed.switched) {
    const { scope, mode } = claimed.switched
    observers.tell({ kind: 'kill.met', run, scope, mode, where: 'claim' })
  }
  return (stretch) => {
    const tookMs = clock.monotonic() - since
    if (stretch.status === 'lost') observers.tell({ kind: 'run.lost', run, code: stretch.code, tookMs })
    else if (stretch.status === 'parked') {
      const { waits, dueAt } = stretch
      observers.tell({ kind: 'run.parked', run, waits: waits.split(':', 1)[0] ?? '', dueAt, tookMs })
    } else {
      const { outcome, continued: isContinued } = stretch
      const detail = summary(outcome)
      const ageMs = of.now() - run.createdAt
      const owner = outcome.status === 'failed' ? { owner: outcome.owner } : {}
      observers.tell({ kind: 'run.ended', run, outcome: outcome.status, detail, ...owner, isContinued, tookMs, ageMs })
    }
  }
}
