import type { JsonValue } from '../core/json.js'
import type { RunRow } from '../core/run-row.js'
import type { Activation } from './activation.js'
import { type AdmitBody, readBody } from './bodies.js'
import type { Branch } from './branch.js'
import type { StepRecord } from './journal.js'
import { completed } from './result.js'

/** A message of the session that the run was told of. */
export interface Message {
  readonly run: string
  readonly input: JsonValue
}

const STEP = 'message'
/** Most messages that wait behind a run and are looked at. */
const MOST_QUEUED = 500

/**
 * Messages that came while the run was at work, each taken in as a step before the next model call. A replay finds the same
 * place: what the journal does not hold here was not there then, and what was begun already had seen no more.
 */
export async function takeMessages(branch: Branch): Promise<JsonValue[]> {
  const taken: JsonValue[] = []
  // Without a session nobody writes to a run.
  if (branch.run.conversation === null) return taken
  for (;;) {
    const id = branch.peek(STEP)
    const isWritten = branch.run.journal.steps.get(id)?.final !== undefined
    if (isWritten ? cameLater(branch.run, id) : !(await takeOne(branch, id))) return taken
    const result = await branch.step(STEP, '', () => Promise.resolve(completed(null)))
    const { run, input } = (result.status === 'completed' ? result.output : null) as Message
    branch.run.conversation?.taken.add(run)
    taken.push(input)
  }
}

/** Written down, but behind what a replay hands over next: it was taken in at a later place. */
function cameLater({ delivery }: Activation, id: string): boolean {
  return delivery.replaying && delivery.expected !== id
}

async function takeOne(branch: Branch, id: string): Promise<boolean> {
  const { run } = branch
  if (run.conversation === null || run.delivery.replaying) return false
  const next = run.journal.steps.get(branch.peek('model'))
  if (next !== undefined && next.intents.length + next.notes.length > 0) return false
  await run.lookForMail()
  const open = told(run)
  const message = open.length === 0 ? null : await nextMessage(run, (id) => open.includes(id))
  if (message === null) return false
  const body = { about: 'message' as const, step: id, args: '', final: completed(message) }
  return run.book.note(body, { absorbs: [message.run] })
}

/** The session's next message, as the answer to the question that a run waits with: taken in with the question's step. */
export async function messageInAnswer(run: Activation, record: StepRecord): Promise<Message | null> {
  const past = record.notes.find(({ about }) => about === 'message')
  if (past) return past.detail as unknown as Message
  const message = run.conversation === null ? null : await nextMessage(run, () => true)
  if (message === null) return null
  const detail = { run: message.run, input: message.input }
  const taken = await run.book.note({ about: 'message', step: record.id, detail }, { absorbs: [message.run] })
  if (taken) run.conversation?.taken.add(message.run)
  return taken ? message : null
}

/** Messages that this run was told of and did not take yet. */
function told(run: Activation): string[] {
  const all = run.mail.filter(({ kind }) => kind === 'message').map(({ body }) => (JSON.parse(body) as Message).run)
  return all.filter((id) => !run.conversation?.taken.has(id))
}

/** The session's next message for this agent. Whether the run may have it the ledger says. */
async function nextMessage(run: Activation, mayTake: (runId: string) => boolean): Promise<Message | null> {
  const { tenant, session, agent, sessionNo } = run.run
  if (session === null) return null
  const { ledger } = run.engine
  const queued = await ledger.runs({ tenant, session, agent, states: ['queued'], limit: MOST_QUEUED })
  const behind = queued.filter((row) => noOf(row) > (sessionNo ?? 0)).sort((a, b) => noOf(a) - noOf(b))
  const [first] = behind
  if (!first || !mayTake(first.runId)) return null
  const [admit] = await ledger.journal({ runId: first.runId, from: 1, limit: 1 })
  return { run: first.runId, input: readBody<AdmitBody>(admit?.body ?? null).input ?? null }
}

const noOf = ({ sessionNo }: RunRow): number => sessionNo ?? 0
