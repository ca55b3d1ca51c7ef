import type { Activation } from './activation.js'

/**
 * Begins that a dead worker left open: a write is in doubt, a read or a model call is settled as lost, charged at its
 * reservation. Nothing is begun before this is done.
 */
export function recoverLost(run: Activation): void {
  for (const intent of run.journal.open()) {
    if (intent.doubt || intent.fence === run.run.fence) continue
    if (intent.effect) run.doubt(intent, 'lost')
    else run.settle(intent, 'failed', { fault: { code: 'lost' } }, () => null)
  }
}
