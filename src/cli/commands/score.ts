import { MidwatchError } from '../../core/errors.js'
import { giveThumb } from '../../runtime/scores.js'
import type { Call } from '../call.js'
import { findLast } from '../find-run.js'
import { scoresText } from '../score-text.js'
import type { Reply, Verb } from '../verb.js'
import { shortId } from '../words.js'

export const score: Verb = {
  usage: 'score <run>',
  says: 'Say how good the outcome of an ended run was, or see what was said; your last word holds.',
  options: [
    ['--up', 'it was good: 1'],
    ['--down', 'it was not: 0'],
    ['--reason <text>', 'why; it is kept'],
    ['--by <name>', 'who (default: the name of this account)'],
  ],
  act: scoreRun,
}

async function scoreRun(call: Call): Promise<Reply> {
  const [up, down, reason] = [call.flag('up'), call.flag('down'), call.text('reason')]
  if (up && down) throw new MidwatchError('usage', 'score: --up or --down, not both.')
  if (!up && !down && reason !== undefined)
    throw new MidwatchError('usage', 'score: a reason goes with --up or --down.')
  const ledger = await call.ledger()
  const { runId } = await findLast(ledger, call.arg(0))
  const scores =
    up || down
      ? await giveThumb(ledger, runId, { up, by: call.by, ...(reason !== undefined && { reason }) })
      : await ledger.scores.of({ runId })
  return { text: scoresText(scores) || `Nobody has scored run ${shortId(runId)}.`, data: { run: runId, scores } }
}
