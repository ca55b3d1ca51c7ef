import type { RunRow } from '../run-row.js'
import type { RunFacts } from './facts.js'
import type { Invariant, Tell } from './invariant.js'
import { checkTurns, type Turn, turnOf } from './turns.js'

/** A message of a session is a run; what people and late receipts bring to a run is its mail. Neither may get lost or overtake. */
export const inbox: Invariant = {
  id: 'I8',
  name: 'inbox',
  promise: 'Every accepted message is worked by exactly one run, in order within its session; no mail is skipped.',
  inspect: (tell) => {
    const sessions = new Map<string, Turn[]>()
    const keys = new Map<string, string>()
    const keep = (facts: RunFacts, now: number) => {
      const { run } = facts
      checkKey(run, keys, tell)
      if (run.session === null) return
      const name = `${run.tenant}/${run.session}`
      const turns = sessions.get(name) ?? []
      sessions.set(name, turns)
      turns.push(turnOf(facts, now))
    }
    return {
      run: (facts, { now }) => {
        checkMail(facts, tell)
        keep(facts, now)
      },
      pruned: (facts) => keep(facts, 0),
      totals: () => {
        for (const [name, turns] of sessions) checkTurns(name, turns, tell)
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
