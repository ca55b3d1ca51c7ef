import type { JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { Activation } from './activation.js'
import type { Branch } from './branch.js'
import type { StepRecord } from './journal.js'
import { conversationOf, ENTERED, openedOf } from './opened-session.js'
import { completed, type StepResult } from './result.js'
import type { SessionPlan } from './session-contract.js'
import { keepShort } from './stored.js'
import { readTurns, turnsBefore } from './turns.js'

/** Before anything else in a session: what was missing, the state that it goes on from, and what was said before. */
export async function enterSession(run: Activation, branch: Branch): Promise<void> {
  if (run.run.gap !== null) await branch.step('gap', '', (record) => gapStep(run, record))
  const { session } = run.definition
  if (run.run.session === null || session === null) return
  const opened = openedOf(await branch.step(ENTERED, '', (record) => openStep(run, record, session)))
  const found = await conversationOf(run, session, opened)
  if ('unfit' in found) return run.finish({ status: 'handed_over', to: 'operator', note: found.unfit })
  found.turns = await readTurns(run.engine.ledger, opened.turns, LIMITS.turn_chars)
  run.conversation = found
}

async function gapStep(run: Activation, record: StepRecord): Promise<StepResult> {
  const [from, to] = run.run.gap ?? [0, 0]
  const final = completed(null)
  await run.book.note({ about: 'gap', step: record.id, args: '', final, detail: { from, to } })
  return final
}

async function openStep(run: Activation, record: StepRecord, plan: SessionPlan): Promise<StepResult> {
  const { tenant, session } = run.run
  const row = session === null ? null : await run.engine.ledger.session({ tenant, session })
  const state = row?.state && {
    version: row.state.version,
    value: await keepShort(run, JSON.parse(row.state.text) as JsonValue),
  }
  const final = completed({
    state: state ?? null,
    turns: row === null ? [] : await turnsBefore(run.engine.ledger, run.run, row, plan.remember),
  })
  await run.book.note({ about: 'opened', step: record.id, args: '', final })
  return final
}
