import { LIMITS } from '../core/limits.js'
import { scopeOf } from '../core/scope.js'
import type { RunState } from '../core/states.js'
import type { Activation } from './activation.js'
import { calledBy } from './child-step.js'
import type { StepRecord } from './journal.js'

const LIVE: readonly RunState[] = ['queued', 'running', 'waiting']

/**
 * Ends what some steps of a run called, for nobody waits for it any more; each of those waits for its own children first.
 * Resolves once they have ended, or when that takes too long.
 */
export async function endBelow(run: Activation, record: StepRecord, steps: readonly string[]): Promise<void> {
  const calling = steps.filter((step) => isOpen(run.journal.step(step)))
  if (calling.length === 0) return
  for (const step of calling) await endOf(run, step)
  const late = run.now() + LIMITS.wind_down_ms
  while (run.now() < late && (await anyLives(run, calling)))
    await run.wait({ step: record.id, until: run.now() + LIMITS.child_look_ms, waits: 'children' })
}

const isOpen = ({ notes, final }: StepRecord): boolean =>
  final === null && notes.some(({ about }) => about === 'called' || about === 'mapping')

async function endOf(run: Activation, step: string): Promise<void> {
  const { ledger } = run.engine
  const { runId } = run.run
  const ids = new Set<string>()
  // It may be admitted only just now: then it finds the switch.
  const called = calledBy(run.journal.step(step))
  if (called) ids.add(called.child)
  for (let after = ''; ; ) {
    const of = { runId, step, states: LIVE, limit: LIMITS.admissions_at_once }
    const page = await ledger.children(after === '' ? of : { ...of, after })
    for (const child of page) ids.add(child.runId)
    after = page.at(-1)?.runId ?? ''
    if (page.length < LIMITS.admissions_at_once) break
  }
  const [by, reason] = [scopeOf.run(runId), `Nobody waits for ${step} any more.`]
  for (const id of ids) await ledger.engage({ scope: scopeOf.run(id), mode: 'end', by, reason })
}

async function anyLives({ engine, run }: Activation, steps: readonly string[]): Promise<boolean> {
  for (const step of steps) {
    const live = await engine.ledger.children({ runId: run.runId, step, states: LIVE, limit: 1 })
    if (live.length > 0) return true
  }
  return false
}
