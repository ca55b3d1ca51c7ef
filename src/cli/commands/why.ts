import type { Trip } from '../../core/drift.js'
import { readEntries } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import { runView } from '../../runtime/run-view.js'
import { storyOf } from '../../runtime/story.js'
import type { Call } from '../call.js'
import { findRun } from '../find-run.js'
import { scoresText } from '../score-text.js'
import { tripText } from '../trip-text.js'
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
  const trips = await tripsWhile(ledger, run)
  const now = await ledger.now()
  const told = [whyText(story, escalations, now), scoresText(scores), ...trips.map((trip) => tripText(trip, now))]
  return {
    text: told.filter(Boolean).join('\n\n'),
    data: { ...story, run: runView(run), escalations, scores, trips },
  }
}

/** Tripwires of its agent that tripped while the run was there, or that stood when it came. */
async function tripsWhile(ledger: Ledger, { agent, createdAt, endedAt }: RunRow): Promise<Trip[]> {
  const standing = (await ledger.drift.trips({ agent, standing: true })).filter(({ at }) => at < createdAt)
  const since = await ledger.drift.trips({ agent, since: createdAt })
  const all = [...standing, ...since.filter(({ no }) => standing.every((one) => one.no !== no))]
  return all.filter(({ at }) => endedAt === null || at <= endedAt)
}
