import type { Activation } from './activation.js'

/**
 * Begins that were left open, by a worker that died or by an activation that was dropped under the same claim: a write is
 * in doubt, a read or a model call is settled as lost, charged at its reservation. Nothing is begun before this is done.
 */
export function recoverLost(run: Activation): void {
  for (const intent of run.journal.open()) {
    if (intent.doubt) continue
    if (intent.effect) run.doubt(intent, 'lost')
    else run.settle(intent, 'failed', { fault: { code: 'lost' } }, () => null)
  }
}
