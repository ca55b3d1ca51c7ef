import type { RunRow } from '../../core/run-row.js'
import { scopeOf } from '../../core/scope.js'
import { runView } from '../../runtime/run-view.js'
import type { Call } from '../call.js'
import { engage, underWayText } from '../engage.js'
import { EXIT } from '../exit.js'
import { findLast, findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'
import { shortId } from '../words.js'

const BY = ['--by <name>', 'who (default: the name of this account)'] as const

export const interrupt: Verb = {
  usage: 'interrupt <run>',
  says: 'Hold one run: nothing more begins in it until it is resumed.',
  options: [['--reason <text>', 'why; it is kept'], BY],
  act: (call) => hold(call),
}

export const resume: Verb = {
  usage: 'resume <run>',
  says: 'Let an interrupted run go on, on any worker.',
  options: [BY],
  act: goOn,
}

async function hold(call: Call, of = call.arg(0)): Promise<Reply> {
  const ledger = await call.ledger()
  const run = await findLast(ledger, of)
  const id = shortId(run.runId)
  if (run.state === 'ended')
    return { text: `Run ${id} has ended already: ${run.outcome}.`, data: { run: runView(run), engaged: null } }
  const engaged = await engage(call, { scope: scopeOf.run(run.runId), mode: 'hold' })
  // It went on before the switch stood.
  const after = await ledger.run({ runId: run.runId })
  if (after && after.continuedAs !== null) return hold(call, after.continuedAs)
  const text = `Run ${id} is held; midwatch resume ${id} lets it go on.\n${underWayText(engaged)}`
  return { text, data: { run: runView(run), engaged }, exit: engaged.lastAbortMs === null ? EXIT.waiting : EXIT.ok }
}

async function goOn(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const run = await findRun(ledger, call.arg(0))
  let released = false
  for (
    let one: RunRow | null = run;
    one;
    one = one.continuedAs === null ? null : await findRun(ledger, one.continuedAs)
  ) {
    const of = await ledger.release({ scope: scopeOf.run(one.runId), by: call.by, jitterMs: 0 })
    released ||= of.released
  }
  const text = `Run ${shortId(run.runId)} ${released ? 'goes on' : 'was not held; nothing was changed'}.`
  return { text, data: { run: runView((await ledger.run({ runId: run.runId })) ?? run), released } }
}
