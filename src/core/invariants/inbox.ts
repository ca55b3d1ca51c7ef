import type { RunRow } from '../ledger.js'
import type { EpochMs } from '../time.js'
import type { RunFacts } from './facts.js'
import type { Invariant, Tell } from './invariant.js'

/** One message of a session: the run that works it, and from when to when it did. */
interface Turn {
  readonly runId: string
  readonly no: number
  readonly began: EpochMs | null
  readonly ended: EpochMs | null
  readonly stuck: boolean
}

/** A message of a session is a run; what people and late receipts bring to a run is its mail. Neither may get lost or overtake. */
export const inbox: Invariant = {
  id: 'I8',
  name: 'inbox',
  promise: 'Every accepted message is worked by exactly one run, in order within its session; no mail is skipped.',
  inspect: (tell) => {
    const sessions = new Map<string, Turn[]>()
    const keys = new Map<string, string>()
    return {
      run: (facts, { now }) => {
        const { run } = facts
        checkMail(facts, tell)
        checkKey(run, keys, tell)
        if (run.session === null) return
        const name = `${run.tenant}/${run.session}`
        sessions.set(name, [...(sessions.get(name) ?? []), turnOf(facts, now)])
      },
      totals: () => {
        for (const [name, turns] of sessions) checkSession(name, turns, tell)
      },
    }
  },
}

/** Mail is numbered 1, 2, 3 up to the head; what was seen only grows and never passes it. */
function checkMail({ run, entries, mail }: RunFacts, tell: Tell): void {
  const { runId, mailHead, mailSeen } = run
  mail.forEach(({ no }, i) => {
    if (no !== i + 1) tell('The mail has a gap.', { runId, numbers: { expected: i + 1, found: no } })
  })
  if (mail.length !== mailHead)
    tell('The run counts other mail than there is.', { runId, numbers: { mailHead, mail: mail.length } })
  let seen = 0
  for (const { seq, facts } of entries) {
    const now = facts.mailSeen ?? seen
    if (now < seen || now > mailHead)
      tell('The journal saw mail that is not there, or unsaw some.', {
        runId,
        seq,
        numbers: { before: seen, seen: now, mailHead },
      })
    seen = now
  }
  if (mailSeen > mailHead) tell('The run saw more mail than there is.', { runId, numbers: { mailSeen, mailHead } })
}

/** The caller's key is what makes a message sent twice one message. */
function checkKey(run: RunRow, keys: Map<string, string>, tell: Tell): void {
  if (run.key === null) return
  const key = `${run.tenant}\n${run.agent}\n${run.key}`
  const other = keys.get(key)
  if (other !== undefined) tell(`Two runs work the message '${run.key}': this one and ${other}.`, { runId: run.runId })
  keys.set(key, run.runId)
}

/** Work starts with the first begin: a run may be claimed ahead of its turn to be ended, by a deadline or a kill. */
function turnOf({ run, entries }: RunFacts, now: EpochMs): Turn {
  return {
    runId: run.runId,
    no: run.sessionNo ?? 0,
    began: entries.find(({ kind }) => kind === 'begin')?.at ?? null,
    ended: run.endedAt,
    stuck: run.state === 'queued' && (run.dueAt === null || (run.dueAt > now && run.dueAt >= run.deadlineAt)),
  }
}

/** Turns of one session, by number: none missing, none before the one ahead has ended, none forgotten. */
function checkSession(name: string, turns: Turn[], tell: Tell): void {
  turns.sort((a, b) => a.no - b.no)
  turns.forEach(({ runId, no, began, stuck }, i) => {
    if (no !== i + 1) tell(`Session '${name}' has a gap or a twin.`, { runId, numbers: { expected: i + 1, found: no } })
    const before = turns.slice(Math.max(0, i - 1), i)
    const open = before.find(({ ended }) => ended === null || (began !== null && ended > began))
    if (began !== null && open)
      tell(`Session '${name}': a message was worked before the one ahead of it was done.`, {
        runId,
        numbers: { no, began, endedBefore: open.ended ?? -1 },
      })
    if (stuck && turns.slice(0, i).every(({ ended }) => ended !== null))
      tell(`Session '${name}': the next message is not due although those ahead of it are done.`, {
        runId,
        numbers: { no },
      })
  })
}
