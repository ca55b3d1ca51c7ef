import { keyOfPin } from '../core/serving.js'
import type { Activation } from './activation.js'
import { servesKey } from './definition.js'

/** What an operator's move of a run to another version says. */
interface Move {
  readonly by: string
  /** Names of what it was pinned to, and is now. */
  readonly from: string
  readonly to: string
}

/**
 * Where other code goes on with a run than wrote its journal so far, the journal says so, and who moved it: from this entry
 * on it is that code's.
 */
export function tellCode(run: Activation): void {
  const moves = run.mail.filter(({ kind }) => kind === 'moved').map(({ body }) => JSON.parse(body) as Move)
  const code = servesKey(run.definition)
  const before = run.journal.code ?? moves[0]?.from ?? keyOfPin(run.run)
  if (code === before) return
  const last = moves.at(-1)
  void run.book.note({ about: 'code', detail: { code, before, ...(last?.to === code && { by: last.by }) } })
}
