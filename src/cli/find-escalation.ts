import { MidwatchError } from '../core/errors.js'
import type { Escalation } from '../core/escalation.js'
import type { Ledger } from '../core/ledger.js'

const SHORTEST = 6

/** An escalation by its id, or an open one by a part of its id that fits no other. Throws `unknown_escalation`, `usage`. */
export async function findEscalation(ledger: Ledger, id: string): Promise<Escalation> {
  const bare = id.replace(/^esc_/, '')
  const [exact] = await ledger.escalations({ id: `esc_${bare}` })
  if (exact) return exact
  const open = bare.length < SHORTEST ? [] : await ledger.escalations({ state: 'open' })
  const found = open.filter((one) => one.id.replace(/^esc_/, '').startsWith(bare) || one.id.endsWith(bare))
  const [only, other] = found
  if (!only) {
    throw new MidwatchError(
      'unknown_escalation',
      `Nobody is asked anything under '${id}'; 'midwatch inbox' lists what is open (a part of an id has at least ${SHORTEST} characters).`,
    )
  }
  if (other) throw new MidwatchError('usage', `'${id}' fits several: ${found.map((one) => one.id).join(', ')}.`)
  return only
}
