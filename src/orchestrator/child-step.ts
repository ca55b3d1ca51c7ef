import type { JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { RunRow } from '../core/run-row.js'
import type { Outcome } from '../core/states.js'
import { shareOf, tooDeep } from '../govern/above.js'
import { type Activation, never } from './activation.js'
import type { AdmitBody } from './bodies.js'
import { aboveChildren, childAdmission } from './child-admission.js'
import type { Definition } from './definition.js'
import { lastOf, outcomeOfEnded } from './ended-run.js'
import type { StepRecord } from './journal.js'
import { completed, type StepResult } from './result.js'
import { exhaustedHere, limitHere } from './stage-here.js'
import { keepShort } from './stored.js'
import { tellAdmitted } from './tell-admitted.js'

/** A run that is called from another, and what it is given. */
export interface Calling {
  readonly definition: Definition
  readonly wire: JsonValue
  /** Digest that a replay compares. */
  readonly args: string
  /** What of the parent's ceilings is left, so much of it at most. */
  readonly share?: number
  /** A tool call of a model: its stated reason, and the approval of a person. */
  readonly tool?: { readonly said: string | undefined; readonly approval: string | null }
}

/** What the first note of a call holds: whatever happens, it is this child. */
type Called = {
  readonly child: string
  readonly agent: string
  readonly version: number
  readonly input: JsonValue
  readonly said?: string
  readonly approval?: string
  readonly share?: { readonly meter: string; readonly limit: number }[]
}

/** The call that a step made, if it made one. */
export function calledBy(record: StepRecord): Called | null {
  const note = record.notes.find((n) => n.about === 'called' && n.final === undefined)
  return (note?.detail as Called | undefined) ?? null
}

/** Another agent or flow as a run of its own: written down, admitted, waited for. Its outcome is a value, whatever it is. */
export async function childStep(run: Activation, record: StepRecord, calling: Calling): Promise<StepResult> {
  const called = calledBy(record) ?? (await call(run, record, calling))
  if ('status' in called) return called
  const outcome = await outcomeOf(run, record, calling, called)
  const final = completed(await keepShort(run, outcome))
  await run.book.note({ about: 'called', step: record.id, final, detail: { child: called.child } })
  return final
}

/** Writes the call down, unless a ceiling of this run or of one above it has no room for another run. */
async function call(run: Activation, record: StepRecord, calling: Calling): Promise<Called | StepResult> {
  const breach = noRoom(run, calling)
  if (breach !== null) {
    const final = completed({ status: 'exhausted', ...breach })
    const detail = { scope: '', per: 'total', reserved: 0, amount: 1, ...breach }
    await run.book.note({ about: 'breach', step: record.id, args: calling.args, final, detail })
    return final
  }
  const { definition, wire, share, tool } = calling
  const called: Called = {
    agent: definition.name,
    child: run.engine.entropy.runId(),
    input: wire,
    ...(tool?.approval ? { approval: tool.approval } : {}),
    ...(tool?.said === undefined ? {} : { said: tool.said }),
    ...(share === undefined ? {} : { share: shareOf(share, run.kin.ceilings, await metersOf(run)) }),
    version: definition.version,
  }
  const count = { steps: 1, ...(tool ? { tool_calls: 1 } : {}) }
  await run.book.note({ about: 'called', step: record.id, args: calling.args, detail: called }, { count })
  return called
}

/** Levels are looked at here, for no begin ever charges them; and so are the counts of the call itself. */
function noRoom(run: Activation, { tool }: Calling): { meter: string; used: number; limit: number } | null {
  const deep = tooDeep(run.run.depth + 1, aboveChildren(run))
  if (deep) return { meter: 'depth', ...deep }
  for (const meter of tool ? ['steps', 'tool_calls'] : ['steps']) {
    const limit = run.kin.ceilings.find((c) => c.scope === 'run' && c.meter === meter)?.limit
    const used = run.journal.used[meter] ?? 0
    if (limit !== undefined && used + 1 > limit) return { meter, used, limit }
    const here = limitHere(run, meter)
    if (here !== null && used + 1 > here) return exhaustedHere(run, meter, used, here)
  }
  return null
}

/** With what those below the run have used so far: the ledger knows. */
async function metersOf({ engine, run }: Activation): Promise<RunRow['meters']> {
  const row = await engine.ledger.run({ runId: run.runId })
  return row?.meters ?? run.meters
}

/** Waits for the child's end: the ledger posts mail when it comes. */
async function outcomeOf(
  run: Activation,
  record: StepRecord,
  calling: Calling,
  called: Called,
): Promise<Outcome<JsonValue>> {
  const { ledger } = run.engine
  const { child } = called
  let row = await lastOf(ledger, child)
  if (row === null) await admit(run, record, calling, called)
  while (row?.state !== 'ended') {
    await run.wait({ step: record.id, until: null, waits: `child:${child}`, lookMs: LIMITS.sister_look_ms })
    row = await lastOf(ledger, child)
  }
  const outcome = await outcomeOfEnded(ledger, row)
  await run.lookForMail()
  return outcome
}

/** Nothing is admitted before the call is in the journal: a successor finds the same child. */
async function admit(run: Activation, record: StepRecord, calling: Calling, called: Called): Promise<void> {
  await run.book.writer.flushed()
  run.dropped.heed(record.id)
  const share: AdmitBody['share'] = called.share
  const child = {
    runId: called.child,
    definition: calling.definition,
    input: calling.wire,
    step: record.id,
    ...(share === undefined ? {} : { share }),
  }
  const admission = childAdmission(run, child)
  const { code } = await run.engine.ledger.admit(admission)
  if (code === 'ok') tellAdmitted(run.engine.observers, admission, 'called')
  if (code === 'ok' || code === 'existing') return
  run.drop(code)
  return never()
}
