import { MidwatchError } from '../../core/errors.js'
import { type Duration, durationMs } from '../../core/time.js'
import { foldAll } from '../../runtime/drift/drifted.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { many, stamp } from '../words.js'

/** Runs pruned in one transaction. */
const BATCH = 500

export const prune: Verb = {
  usage: 'prune',
  says: 'Take the journals of long ended runs away; what proves them stays.',
  options: [['--older-than <duration>', 'runs that ended so long ago, such as 90d']],
  act: pruneOld,
}

async function pruneOld(call: Call): Promise<Reply> {
  const age = call.text('olderThan')
  if (age === undefined) throw new MidwatchError('usage', 'prune needs --older-than, such as --older-than 90d.')
  const ms = durationMs(age as Duration)
  const ledger = await call.ledger()
  const endedBefore = (await ledger.now()) - ms
  // What a journal tells goes into the series before it goes.
  await foldAll(ledger, (folded) => call.io.err(`${many(folded, 'run')} counted for the series\n`))
  let pruned = 0
  for (;;) {
    const more = await ledger.prune({ endedBefore, limit: BATCH })
    pruned += more
    if (more < BATCH) break
    call.io.err(`${many(pruned, 'run')} pruned\n`)
  }
  const text = `${many(pruned, 'run')} that ended before ${stamp(endedBefore)} pruned: rows, effect keys and proofs stay.`
  return { text, data: { endedBefore, pruned } }
}
