import { setTimeout as sleep } from 'node:timers/promises'
import { type Midwatch, MidwatchError } from 'midwatch'
import { z } from 'zod'
import { refundDesk } from '../refund-desk/agent.js'
import type { Delivery, Queue } from './queue.js'

/** What stands in a message. `key`: the customer's own request, the same however often anybody sends it. */
const LETTER = z.object({ key: z.string().min(1), session: z.string().min(1), text: z.string() })

const AWAY_MS = 500
const BUSY_SECONDS = 2

/** Takes messages until the signal: each is a run before it is removed, and no message makes two. */
export async function consume(mw: Midwatch, tenant: string, queue: Queue, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const deliveries = await queue.receive().catch(() => null)
    if (deliveries) await Promise.all(deliveries.map((one) => take(mw, tenant, queue, one)))
    else await sleep(AWAY_MS, undefined, { signal: stop }).catch(() => undefined)
  }
}

/**
 * Accepts, then removes. What lies between them is the only gap: whoever dies there leaves a message that comes again, and
 * then finds its run by its key. The run itself needs no visibility: it is in the ledger.
 */
async function take(mw: Midwatch, tenant: string, queue: Queue, delivery: Delivery): Promise<void> {
  const verdict = await accept(mw, tenant, delivery.body)
  const done =
    verdict === 'accepted' ? queue.remove(delivery) : queue.giveBack(delivery, verdict === 'later' ? BUSY_SECONDS : 0)
  // It did not arrive: the message comes again by itself.
  await done.catch(() => undefined)
}

/** `never`: no further delivery would change anything, so the broker's own count lays it aside soon. */
async function accept(mw: Midwatch, tenant: string, body: string): Promise<'accepted' | 'later' | 'never'> {
  const letter = LETTER.safeParse(parsed(body))
  if (!letter.success) return 'never'
  const { key, session, text } = letter.data
  try {
    await mw.start(refundDesk, { input: { message: text }, key, session, tenant })
    return 'accepted'
  } catch (error) {
    return error instanceof MidwatchError && !error.retryable ? 'never' : 'later'
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
