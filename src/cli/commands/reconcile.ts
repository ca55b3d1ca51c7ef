import { MidwatchError } from '../../core/errors.js'
import type { LostWrite } from '../../core/lives.js'
import { table } from '../../core/text-table.js'
import { type BeginBody, readBody } from '../../runtime/operator.js'
import {
  isNeeded,
  lostShown,
  type Reconciled,
  reconcileLedger,
  type ToReconcile,
  toReconcile,
  UNSURE_RUNS,
} from '../../runtime/reconcile/reconcile.js'
import type { Call } from '../call.js'
import { EXIT } from '../exit.js'
import type { Reply, Verb } from '../verb.js'
import { brief, many, shortId, stamp } from '../words.js'

const HEADS = ['run', 'tool', 'with', 'begun', 'its worker says', 'told by']

export const reconcile: Verb = {
  usage: 'reconcile',
  says: 'After a restore or a failover: what the ledger has lost, and, with --apply, how it goes on. Exit code 4 while claims are stopped.',
  options: [
    ['--apply', 'do it, as the owner of the schema: a new incarnation, what was lost in doubt, claims given again'],
    ['--unsure <runs>', `which runs may have done what nobody knows of: ${UNSURE_RUNS.join(', ')} (default all)`],
    ['--restored', 'it was restored or failed over, though nobody noticed'],
    ['--by <name>', 'who (default: the name of this account)'],
  ],
  act: lookOrApply,
}

async function lookOrApply(call: Call): Promise<Reply> {
  const said = call.text('unsure') ?? 'all'
  const unsure = UNSURE_RUNS.find((one) => one === said)
  if (unsure === undefined) throw new MidwatchError('usage', `--unsure is one of ${UNSURE_RUNS.join(', ')}.`)
  const { ledger, url } = await call.store()
  const found = await toReconcile(ledger)
  const needed = isNeeded(found)
  if (call.flag('apply') && (needed || call.flag('restored'))) {
    if (url === '') throw new MidwatchError('usage', 'A ledger in memory has one life; there is nothing to reconcile.')
    return applied(found, await reconcileLedger({ url, by: call.by, unsure }))
  }
  const { standing, why, lost } = found
  return {
    text: textOf(found),
    data: { standing, why, lost: lost.map(lostShown), applied: null },
    exit: needed ? EXIT.waiting : EXIT.ok,
  }
}

function applied({ lost }: ToReconcile, done: Reconciled): Reply {
  const { incarnation, kept, unsure, since, released } = done
  const doubts = kept.filter(({ code }) => code === 'doubt')
  const lines = [
    `Incarnation ${incarnation}: ${many(released, 'run')} released, every fence and lease of before is over. Claims are given again.`,
    `${many(doubts.length, 'lost write')} put in doubt, ${kept.length - doubts.length} known otherwise, ${lost.length - kept.length} without words.`,
    unsure === 0
      ? 'No run is unsure.'
      : `${many(unsure, 'run')} unsure since ${stamp(since ?? 0)}: what they write next is checked, sent under its key, or asked about first.`,
    "Next: 'midwatch verify', and 'midwatch inbox' for what only a person can say.",
  ]
  return { text: lines.join('\n'), data: { applied: done, lost: lost.map(lostShown) } }
}

function textOf({ standing, why, lost }: ToReconcile): string {
  const head = why ?? `Incarnation ${standing.incarnation}; claims are given, and nothing is known to be lost.`
  if (lost.length === 0) return head
  const told = `${many(lost.length, 'write')} that workers were granted and that the ledger does not have:`
  return `${head}\n\n${told}\n${table(HEADS, lost.map(rowOf))}`
}

function rowOf({ write, runId, by }: LostWrite): string[] {
  if (write === null) return [shortId(runId), '', '(erased)', '', '', by]
  const { input } = readBody<BeginBody>(write.op.body)
  const what = input === undefined ? '' : brief(input, 60)
  return [shortId(runId), write.op.tool ?? '', what, stamp(write.at), write.did ?? 'nothing', by]
}
