import { MidwatchError } from '../../core/errors.js'
import type { SessionRow } from '../../core/sessions.js'
import { table } from '../../core/text-table.js'
import { SessionHandle, type SessionView, unknownSession, viewOf } from '../../runtime/operator.js'
import { runView } from '../../runtime/run-view.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { brief, cut, fromNow, shortId, stamp } from '../words.js'

const LIMIT = 50
const HEADS = ['session', 'tenant', 'messages', 'at work', 'state', 'last', 'closed']

const ACTS: Readonly<Record<string, (call: Call) => Promise<Reply>>> = {
  list,
  show,
  close: (call) => turn(call, 'close'),
  reopen: (call) => turn(call, 'reopen'),
}

export const session: Verb = {
  usage: 'session <do> [session]',
  says: 'list: the sessions there are; show, close, reopen: one of them.',
  options: [
    ['--tenant <tenant>', 'of one tenant (default for one session: default)'],
    ['--closed', 'list: closed ones alone'],
    ['--limit <number>', `list: at most so many (default ${LIMIT})`],
    ['--reason <text>', 'close: why; it is kept'],
    ['--by <name>', 'close, reopen: who (default: the name of this account)'],
  ],
  act: (call) => {
    const act = ACTS[call.arg(0)]
    if (act) return act(call)
    throw new MidwatchError('usage', `session ${call.arg(0)}: use ${Object.keys(ACTS).join(', ')}.`)
  },
}

async function list(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const [tenant, limit] = [call.text('tenant'), call.whole('limit', 1) ?? LIMIT]
  const filter = { limit, ...(tenant && { tenant }), ...(call.flag('closed') && { closed: true }) }
  const [rows, now] = [await ledger.sessions(filter), await ledger.now()]
  const more = rows.length === limit ? `\nOnly the first ${limit}; --limit shows more.` : ''
  const lines = rows.map((row) => lineOf(row, now))
  const text = rows.length === 0 ? 'There is no session.' : table(HEADS, lines) + more
  return { text, data: { now, sessions: rows.map(viewOf) } }
}

function lineOf(row: SessionRow, now: number): string[] {
  const { session: name, tenant, turnNo, lastNo, active, state, lastAt, closed } = row
  return [
    cut(name, 40),
    tenant,
    `${turnNo} of ${lastNo}`,
    active === null ? '' : shortId(active),
    state === null ? '' : `v${state.version} ${cut(state.text, 40)}`,
    fromNow(lastAt, now),
    closed === null ? '' : `by ${closed.by}`,
  ]
}

async function show(call: Call): Promise<Reply> {
  const handle = await handleOf(call)
  const found = await handle.read()
  if (!found) throw unknownSession(handle.at)
  const runs = await handle.runs(LIMIT)
  const said = runs.map((run) => {
    const became = run.outcome ?? run.waits ?? run.state
    return `  ${run.sessionNo}  ${shortId(run.runId)}  ${run.agent}@${run.version}  ${became}`
  })
  return { text: [...headOf(found), ...said].join('\n'), data: { session: found, runs: runs.map(runView) } }
}

function headOf(found: SessionView): string[] {
  const { session: name, tenant, opened, openedAt, turnNo, lastNo, sequenced, gapDueAt, state, closed } = found
  const numbered = sequenced ? ', numbered by their senders' : ''
  return [
    `session ${name}  tenant ${tenant}`,
    `opened ${stamp(openedAt)}${opened > 1 ? `, for the ${opened}. time` : ''}; ${turnNo} of ${lastNo} messages had their turn${numbered}`,
    ...(gapDueAt === null ? [] : [`waits for missing numbers until ${stamp(gapDueAt)}`]),
    ...(state === null ? ['no state'] : [`state, version ${state.version}: ${brief(state.value, 600)}`]),
    ...(closed === null
      ? []
      : [`closed ${stamp(closed.at)} by ${closed.by}${closed.reason ? `: ${closed.reason}` : ''}`]),
  ]
}

async function turn(call: Call, what: 'close' | 'reopen'): Promise<Reply> {
  const handle = await handleOf(call)
  const [by, reason] = [call.by, call.text('reason')]
  const changed =
    what === 'close' ? await handle.close({ by, ...(reason !== undefined && { reason }) }) : await handle.reopen({ by })
  const is = what === 'close' ? 'closed: it takes no message any more, and works those it had accepted' : 'open'
  const text = `Session ${handle.at.session} is ${is}${changed ? '' : '; it was before'}.`
  return { text, data: { ...handle.at, changed, session: await handle.read() } }
}

async function handleOf(call: Call): Promise<SessionHandle> {
  const name = call.arg(1)
  if (name === '') throw new MidwatchError('usage', `session ${call.arg(0)} needs the name of a session.`)
  return new SessionHandle({ tenant: call.text('tenant') ?? 'default', session: name }, await call.ledger())
}
