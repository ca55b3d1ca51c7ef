import { parseScope } from '../../core/scope.js'
import type { Call } from '../call.js'
import { engage, underWayText } from '../engage.js'
import { EXIT } from '../exit.js'
import { findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'
import { many } from '../words.js'

export const kill: Verb = {
  usage: 'kill <scope>',
  says: 'Stop everything in a scope: fleet, tenant:T, agent:A, tool:T, session:S or run:R.',
  options: [
    ['--hold', 'hold the runs until release, in place of ending them'],
    ['--reason <text>', 'why; it is kept'],
    ['--by <name>', 'who (default: the name of this account)'],
  ],
  act: killScope,
}

async function killScope(call: Call): Promise<Reply> {
  const scope = await scopeIn(call)
  const mode = call.flag('hold') ? 'hold' : 'end'
  const engaged = await engage(call, { scope, mode })
  const what = mode === 'hold' ? 'its runs wait for release' : 'its runs end as killed'
  const cut =
    engaged.terminated > 0 ? ` ${many(engaged.terminated, 'connection')} stood in the way and had to be ended.` : ''
  const text = `Engaged ${scope} at epoch ${engaged.epoch}: nothing more begins in it, ${what}.${cut}\n${underWayText(engaged)}\nmidwatch release ${scope} lifts it.`
  return { text, data: engaged, exit: engaged.lastAbortMs === null ? EXIT.waiting : EXIT.ok }
}

/** A scope as it was typed, a run by any part of its id. Throws `invalid_scope`, `unknown_run`. */
export async function scopeIn(call: Call): Promise<string> {
  const scope = parseScope(call.arg(0))
  if (!scope.startsWith('run:')) return scope
  const run = await findRun(await call.ledger(), scope.slice('run:'.length))
  return `run:${run.runId}`
}
