import type { Activation } from './activation.js'
import type { StepRecord } from './journal.js'
import { completed, type StepResult } from './result.js'

/** Sleeping is waiting for a time that was written down first: a crash does not start it anew. */
export async function sleepStep(run: Activation, record: StepRecord, ms: number): Promise<StepResult> {
  const before = record.notes.find((n) => n.about === 'sleeping')
  const until = before ? (before.detail as { until: number }).until : run.now() + ms
  if (!before) await run.book.note({ about: 'sleeping', step: record.id, args: String(ms), detail: { until } })
  while (run.now() < until) await run.wait({ step: record.id, until, waits: 'timer' })
  const result = completed(null)
  await run.book.note({ about: 'woke', step: record.id, final: result })
  return result
}
