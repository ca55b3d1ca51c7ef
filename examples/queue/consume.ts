import { setTimeout as sleep } from 'node:timers/promises'
import { type Midwatch, MidwatchError } from 'midwatch'
import { z } from 'zod'
import { refundDesk } from '../refund-desk/agent.js'
import type { Delivery, Queue } from './queue.js'

/** What stands in a message. `key`: the customer's own request, the same however often anybody sends it. */
const LETTER = z.object({ key: z.string().min(1), session: z.string().min(1), text: z.string() })

const AWAY_MS = 500

/** `never`: no further delivery would change anything · a number: in so many ms perhaps. */
type Verdict = 'accepted' | 'never' | number

/**
 * Takes messages until the signal: each is a run before it is removed, and no message makes two. While the ledger takes no
 * more, nothing is received: what waits, waits in the queue, and no delivery is counted against it.
 */
export async function consume(mw: Midwatch, tenant: string, queue: Queue, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const deliveries = await queue.receive().catch(() => null)
    const pauses = await Promise.all((deliveries ?? []).map((one) => take(mw, tenant, queue, one)))
    const pauseMs = Math.max(deliveries ? 0 : AWAY_MS, ...pauses)
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: stop }).catch(() => undefined)
  }
}

/**
 * Accepts, then removes; gives back how long to receive nothing, in ms. What lies between the two is the only gap: whoever
 * dies there leaves a message that comes again, and then finds its run by its key. The run itself needs no visibility: it is
 * in the ledger.
 */
async function take(mw: Midwatch, tenant: string, queue: Queue, delivery: Delivery): Promise<number> {
  const verdict = await accept(mw, tenant, delivery.body)
  const pauseMs = typeof verdict === 'number' ? verdict : 0
  const done = verdict === 'accepted' ? queue.remove(delivery) : queue.giveBack(delivery, Math.ceil(pauseMs / 1_000))
  // It did not arrive: the message comes again by itself.
  await done.catch(() => undefined)
  return pauseMs
}

/** What will never be accepted is delivered again at once, so that the broker's own count lays it aside soon. */
async function accept(mw: Midwatch, tenant: string, body: string): Promise<Verdict> {
  const letter = LETTER.safeParse(parsed(body))
  if (!letter.success) return 'never'
  const { key, session, text } = letter.data
  try {
    await mw.start(refundDesk, { input: { message: text }, key, session, tenant })
    return 'accepted'
  } catch (error) {
    if (!(error instanceof MidwatchError)) return AWAY_MS
    return error.retryable ? (error.retryAfterMs ?? AWAY_MS) : 'never'
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
