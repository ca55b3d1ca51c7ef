import { MidwatchError } from '../core/errors.js'
import type { Decision, Escalation } from '../core/escalation.js'
import type { Ledger } from '../core/ledger.js'
import { isServed } from '../core/serving.js'
import { commands } from './advice.js'
import type { Call } from './call.js'
import { findEscalation } from './find-escalation.js'
import type { Reply } from './verb.js'
import { shortId, stamp } from './words.js'

export const PERSON_OPTIONS = [
  [
    '--by <principal>',
    'who answers (default: the name of this account); whoever asked for the run approves nothing of it',
  ],
  ['--note <text>', 'why; it is kept with the answer'],
] as const

/**
 * Gives a person's answer, for exactly the arguments that are shown now. Throws `unknown_escalation`, `escalation_closed`,
 * `too_early_to_say`, `own_request`, `same_person`, and `usage` for an answer that does not fit what is asked.
 */
export async function answerWith(
  call: Call,
  decide: (asked: Escalation) => { decision: Decision; result?: string },
): Promise<Reply> {
  const ledger = await call.ledger()
  const asked = await findEscalation(ledger, call.arg(0))
  const { decision, result } = decide(asked)
  const note = call.text('note')
  const given = { ...(note !== undefined && { note }), ...(result !== undefined && { result }) }
  const said = await ledger.answer({ id: asked.id, decision, by: call.by, args: asked.args, ...given })
  if (said.code !== 'ok') throw faultOf(asked, call.by, said)
  const { missing = 0 } = said
  const goesOn =
    missing > 0 ? `waits for the yes of somebody else: midwatch approve ${asked.id}` : await servedText(ledger, asked)
  const text = `${call.by}: ${decision.replace('_', ' ')}. Run ${shortId(asked.runId)} ${goesOn}`
  return { text, data: { id: asked.id, decision, by: call.by, runId: asked.runId, note: note ?? null, missing } }
}

function faultOf(asked: Escalation, by: string, said: Awaited<ReturnType<Ledger['answer']>>): MidwatchError {
  const { id } = asked
  switch (said.code) {
    case 'closed':
      return new MidwatchError('escalation_closed', `${id} is ${said.state ?? 'closed'} already; nothing was changed.`)
    case 'too_early': {
      const until = said.notBefore === undefined ? 'its time is over' : stamp(said.notBefore)
      return new MidwatchError(
        'too_early_to_say',
        `Until ${until} it may still be happening; say then that it did not.`,
      )
    }
    case 'other_arguments':
      return new MidwatchError(
        'escalation_closed',
        `What ${id} asks has changed; look at it again: midwatch inbox ${id}.`,
      )
    case 'wrong_kind':
      return wrongKind(asked)
    case 'requester':
      return new MidwatchError(
        'own_request',
        `${by} asked for this run: somebody else must allow it. Saying no is free.`,
      )
    case 'same_person':
      return new MidwatchError('same_person', `${by} said yes to ${id} already; the second must be somebody else.`)
    default:
      return new MidwatchError('unknown_escalation', `There is no escalation ${id} any more.`)
  }
}

export function wrongKind(asked: Escalation): MidwatchError {
  const how = commands(asked).map((line) => line.trim())
  return new MidwatchError('usage', `${asked.id} is a matter of ${asked.kind}: ${how.join(' or ')}`)
}

/** An answer alone moves nothing: some worker has to take the run up. */
async function servedText(ledger: Ledger, { runId }: Escalation): Promise<string> {
  const run = await ledger.run({ runId })
  if (!run) return 'is gone.'
  const now = await ledger.now()
  const alive = (await ledger.workers.list()).filter((one) => one.leaseUntil > now)
  const served = isServed(run, new Set(alive.flatMap((one) => one.serves)))
  return served ? 'goes on.' : `goes on when a worker serves ${run.agent}@${run.version}; none does now: midwatch start`
}
