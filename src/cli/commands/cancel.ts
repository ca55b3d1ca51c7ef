import { scopeOf } from '../../core/scope.js'
import { runView } from '../../runtime/run-view.js'
import type { Call } from '../call.js'
import { engage, underWayText } from '../engage.js'
import { EXIT } from '../exit.js'
import { findLast } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'
import { shortId } from '../words.js'

const WAIT_MS = 10_000
const LOOK_MS = 100

export const cancel: Verb = {
  usage: 'cancel <run>',
  says: 'End one run as killed: nothing more begins in it, what is under way is aborted.',
  options: [
    ['--reason <text>', 'why; it is kept'],
    ['--by <name>', 'who (default: the name of this account)'],
  ],
  act: (call) => cancelRun(call),
}

async function cancelRun(call: Call, id = call.arg(0)): Promise<Reply> {
  const ledger = await call.ledger()
  const run = await findLast(ledger, id)
  if (run.state === 'ended') {
    return {
      text: `Run ${shortId(run.runId)} has ended already: ${run.outcome}.`,
      data: { run: runView(run), engaged: null },
    }
  }
  const engaged = await engage(call, { scope: scopeOf.run(run.runId), mode: 'end' })
  const { clock } = call.io
  const until = clock.monotonic() + WAIT_MS
  let after = run
  while (after.state !== 'ended' && clock.monotonic() < until && (await anyWorker(call))) {
    await clock.sleep(LOOK_MS)
    after = (await ledger.run({ runId: run.runId })) ?? after
  }
  if (after.continuedAs !== null) return cancelRun(call, after.continuedAs)
  const ended = after.state === 'ended'
  const stands = ended
    ? `ended: ${after.outcome}.`
    : 'begins nothing more, and ends as killed when a worker next takes it up.'
  const text = `Run ${shortId(run.runId)} ${stands}\n${underWayText(engaged)}`
  return { text, data: { run: runView(after), engaged }, exit: ended ? EXIT.ok : EXIT.waiting }
}

async function anyWorker(call: Call): Promise<boolean> {
  const ledger = await call.ledger()
  const now = await ledger.now()
  return (await ledger.workers.list()).some((worker) => worker.leaseUntil > now)
}
