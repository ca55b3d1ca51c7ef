import type { Escalation } from '../../core/escalation.js'
import type { JsonValue } from '../../core/json.js'
import { table } from '../../core/text-table.js'
import { askedOf, commands, question } from '../advice.js'
import type { Call } from '../call.js'
import { findEscalation } from '../find-escalation.js'
import type { Reply, Verb } from '../verb.js'
import { chainText, cut, fromNow, shortId, stamp } from '../words.js'

const HEADS = ['id', 'kind', 'what', 'for', 'until', 'run']

export const inbox: Verb = {
  usage: 'inbox [id]',
  says: 'List what waits for a person; with an id, show one in full, with its exact arguments.',
  act: (call) => (call.arg(0) === '' ? list(call) : showOne(call)),
}

async function list(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const [open, now] = [await ledger.escalations({ state: 'open' }), await ledger.now()]
  const rows = open.map((one) => [
    one.id,
    one.kind,
    cut(question(one), 70),
    askedOf(one),
    fromNow(one.dueAt, now),
    `${shortId(one.runId)} ${one.agent}`,
  ])
  const text =
    open.length === 0 ? 'Nothing waits for a person.' : `${table(HEADS, rows)}\nmidwatch inbox ID shows one in full.`
  return { text, data: { now, escalations: open.map(shown) } }
}

async function showOne(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const one = await findEscalation(ledger, call.arg(0))
  const { id, kind, agent, runId, tenant, openedAt, dueAt, notBefore, state, first } = one
  const lines = [
    `${kind} ${id}  ${state}`,
    `of run ${runId}, ${agent}, tenant ${tenant}`,
    `asked ${stamp(openedAt)}: ${chainText(one.chain as unknown as JsonValue)}; now ${askedOf(one)}, until ${stamp(dueAt)}`,
    JSON.stringify(JSON.parse(one.show), null, 2),
    `arguments ${one.args}`,
    ...(first === null ? [] : [`${first.by} said yes at ${stamp(first.at)}${first.note ? `: “${first.note}”` : ''}`]),
    ...(notBefore === null ? [] : [`Nobody can say that it did not happen before ${stamp(notBefore)}.`]),
    ...(state === 'open' ? commands(one) : [`${one.decision ?? state} by ${one.by ?? 'nobody'}`]),
  ]
  return { text: lines.join('\n'), data: { now: await ledger.now(), escalations: [shown(one)] } }
}

/** What a person was shown goes out as the JSON it is. */
const shown = (one: Escalation) => ({ ...one, show: JSON.parse(one.show) as JsonValue })
