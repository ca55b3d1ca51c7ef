import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Desk, How } from '../acts/desk.js'
import { findCustomer, findOrder } from '../acts/find.js'
import { INPUTS, type ToolName } from '../acts/inputs.js'
import { addNote, cancelOrder, offerCredit, sendEmail } from '../acts/keyed.js'
import { issueRefund } from '../acts/refund.js'
import { FIRST_RETRY, type RetryOptions, withRetry } from './retry.js'

/** none: as first written · per_call: one idempotency key per tool call, kept over its retries. */
export type Keys = 'none' | 'per_call'

/** A tool's answer as the model reads it. */
export interface Told {
  readonly output: unknown
  readonly error: boolean
}

type Act = (desk: Desk, input: never, how: How) => Promise<unknown>
const ACTS: Readonly<Record<ToolName, Act>> = {
  find_order: findOrder,
  find_customer: findCustomer,
  issue_refund: issueRefund,
  cancel_order: cancelOrder,
  send_email: sendEmail,
  add_note: addNote,
  offer_credit: offerCredit,
}

/** The very acts of the other desk: arguments checked, retried on failure, errors told to the model. */
export async function callTool(
  desk: Desk,
  call: { name: string; inputText: string },
  keys: Keys,
  retry: RetryOptions = FIRST_RETRY,
): Promise<Told> {
  if (!Object.hasOwn(ACTS, call.name)) return { output: `There is no tool '${call.name}'.`, error: true }
  const name = call.name as ToolName
  const read = (INPUTS[name] as z.ZodType).safeParse(JSON.parse(call.inputText))
  if (!read.success) return { output: `The arguments are wrong: ${read.error.message}`, error: true }
  const key = keys === 'per_call' ? randomUUID() : null
  try {
    const output = await withRetry((signal) => ACTS[name](desk, read.data as never, { key, signal }), retry)
    return { output, error: false }
  } catch (error) {
    return { output: error instanceof Error ? error.message : String(error), error: true }
  }
}
