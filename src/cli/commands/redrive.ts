import { redrive as redriveRun } from '../../runtime/redrive.js'
import type { Call } from '../call.js'
import { findStartable } from '../definition.js'
import { findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'
import { shortId } from '../words.js'

export const redrive: Verb = {
  usage: 'redrive <run>',
  says: 'Start the work of an ended run anew: same input and lineage, so that what was done is not done again.',
  options: [['--key <key>', 'asked again under it, it is the same new run']],
  act: redriveOne,
}

async function redriveOne(call: Call): Promise<Reply> {
  const project = await call.projectIfAny()
  const ledger = await call.ledger()
  const run = await findRun(ledger, call.arg(0))
  const served = project?.options.run.some(({ definition }) => definition.name === run.agent)
  const definition = project && served ? findStartable(project.options, run.agent).definition : null
  const made = await redriveRun(ledger, run.runId, definition, { key: call.text('key') ?? null })
  const text = `Run ${made.runId} does the work of ${shortId(run.runId)} again, as ${run.agent}@${made.version}. A worker takes it up: midwatch start`
  return { text, data: { ...made, of: run.runId, agent: run.agent } }
}
