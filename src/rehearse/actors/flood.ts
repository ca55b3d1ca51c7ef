import { z } from 'zod'
import type { Admitted } from '../../core/admission.js'
import type { Entropy } from '../../core/ids.js'
import type { Ledger } from '../../core/ledger.js'
import { admissionOf } from '../../orchestrator/admission.js'
import { flow } from '../../orchestrator/flow.js'
import type { Chance } from '../chance.js'
import type { Strike } from '../fault.js'
import type { Surroundings } from '../surroundings.js'
import type { Errands } from './errands.js'

const TENANT = 'flood'
const QUEUE = 'default'
const BY = 'operator'
/** What a run of it takes. */
const WORK_MS = 2_000
const STARTS = { least: 40, most: 80 } as const
/** It comes in waves, of which each fills the line before anybody claims. */
export const WAVES_MS = [0, 400, 1_500] as const

/** What somebody else starts without end: work that changes nothing, and is less urgent than what the story brings. */
export const FLOOD = flow({
  name: 'rehearsal-flood',
  version: 1,
  input: z.object({}),
  queue: QUEUE,
  priority: 'low',
  run: (ctx) => ctx.read('work', () => new Promise((done) => setTimeout(() => done(null), WORK_MS))),
})

/** One start of it, under a key of its own. */
export async function startFlood(ledger: Pick<Ledger, 'admit'>, entropy: Entropy, key: string): Promise<Admitted> {
  return ledger.admit(await admissionOf(FLOOD.definition, { input: {}, key, tenant: TENANT }, entropy))
}

/**
 * Starts of one tenant, far more than may wait: the operator has bounded that tenant, and now and then the queue, so that the
 * story's own messages are turned away too and come again. Who sends these does not: what is refused stays so.
 */
export async function flood(s: Surroundings, errands: Errands, strike: Strike, chance: Chance): Promise<void> {
  const start = s.flood
  if (start === null) return
  const max = chance.between(3, 12, 'tenant')
  await s.ledger.queues.setBound({ scope: `tenant:${TENANT}`, max, by: BY })
  if (chance.of('queue') < 0.5) await s.ledger.queues.setBound({ scope: `queue:${QUEUE}`, max, by: BY })
  const starts = chance.between(STARTS.least, STARTS.most, 'starts')
  for (let n = 0; n < starts; n += 1) {
    errands.after(chance.pick(WAVES_MS, `start|${n}`), async () => {
      const { code } = await start(`${strike.place}|${n}`)
      if (code === 'overloaded') s.fates.bit(strike)
    })
  }
}
