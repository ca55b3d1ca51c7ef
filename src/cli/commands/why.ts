import { readEntries } from '../../core/invariants/read.js'
import { runView } from '../../runtime/run-view.js'
import { storyOf } from '../../runtime/story.js'
import type { Call } from '../call.js'
import { findRun } from '../find-run.js'
import { scoresText } from '../score-text.js'
import type { Reply, Verb } from '../verb.js'
import { whyText } from '../why-text.js'

export const why: Verb = {
  usage: 'why <run>',
  says: 'Tell what a run did and why: proposals, reasons, verdicts, rules, numbers, answers, spend.',
  act: tellWhy,
}

async function tellWhy(call: Call): Promise<Reply> {
  // The config knows which meters are money; without it their names decide.
  await call.projectIfAny()
  const ledger = await call.ledger()
  const run = await findRun(ledger, call.arg(0))
  const story = storyOf(run, await readEntries(ledger, run.runId, 1, run.headSeq))
  const escalations = await ledger.escalations({ runId: run.runId })
  const scores = await ledger.scores.of({ runId: run.runId })
  const text = [whyText(story, escalations, await ledger.now()), scoresText(scores)].filter(Boolean).join('\n\n')
  return { text, data: { ...story, run: runView(run), escalations, scores } }
}
