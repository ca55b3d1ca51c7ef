import type { Entry } from '../../core/entries.js'
import { readEntries } from '../../core/invariants/read.js'
import type { RunRow } from '../../core/run-row.js'
import { table } from '../../core/text-table.js'
import { runView } from '../../runtime/run-view.js'
import type { Call } from '../call.js'
import { entryText } from '../entry-line.js'
import { belowOf, belowText, kinText } from '../family-text.js'
import { findRun } from '../find-run.js'
import { scoresText } from '../score-text.js'
import type { Reply, Verb } from '../verb.js'
import { clockTime, stamp } from '../words.js'

export const show: Verb = {
  usage: 'show <run>',
  says: "Show a run's journal, entry by entry; --json gives everything in it.",
  act: showRun,
}

async function showRun(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const run = await findRun(ledger, call.arg(0))
  const entries = await readEntries(ledger, run.runId, 1, run.headSeq)
  const rows = entries.map((entry) => [String(entry.seq), clockTime(entry.at), entry.kind, entryText(entry)])
  const below = await belowOf(ledger, run.runId)
  const family = belowText(below, await ledger.now())
  const journal = table(['seq', 'time', 'entry', 'what'], rows)
  const scores = await ledger.scores.of({ runId: run.runId })
  const more = [family, scoresText(scores)].filter(Boolean).flatMap((one) => ['', one])
  const text = [head(run), '', journal, ...more].join('\n')
  const children = below.children.map(runView)
  return { text, data: { run: runView(run), entries: entries.map(entryData), children, groups: below.groups, scores } }
}

/** Who a run is, and how it stands. */
export function head(run: RunRow): string {
  const { runId, agent, version, tenant, session, key, state, waits, outcome, detail, createdAt } = run
  const stands =
    state === 'ended'
      ? [outcome, detail].filter(Boolean).join(' ')
      : [state, waits && `for ${waits}`].filter(Boolean).join(' ')
  const asked = [`tenant ${tenant}`, session && `session ${session}`, key && `key ${key}`].filter(Boolean).join(', ')
  const kin = kinText(run)
  return `Run ${runId}  ${agent}@${version}  ${stands}\nAdmitted ${stamp(createdAt)}, ${asked}${kin === '' ? '' : `\n${kin}`}`
}

/** Bodies as the JSON they are. */
function entryData(entry: Entry) {
  const { seq, kind, fence, at, epoch, ref, facts, body, digest, hash } = entry
  return { seq, kind, at, fence, epoch, ref, facts, body: body ? JSON.parse(body) : null, digest, hash }
}
