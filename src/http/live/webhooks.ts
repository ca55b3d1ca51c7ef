import { MidwatchError } from '../../core/errors.js'
import { definitionNamed } from '../../runtime/named.js'
import { systemClock } from '../../runtime/operator.js'
import type { Midwatch, StartOptions } from '../../runtime.js'
import { SCHEMES, type Verify } from './signatures.js'

/** What comes in from outside under one name, signed, and which agent it is for. */
export interface Webhook {
  readonly agent: string
  /** Name of the secret that the sender signs with, in the runtime's secret source. */
  readonly secret: string
  /** How it is signed. A function of one's own answers with the delivery's id, or null when it is not signed. */
  readonly scheme: keyof typeof SCHEMES | Verify
  /** The agent's input, made of the delivery alone: the same again for the same one. Undefined: nothing is to be done. */
  readonly input: (payload: unknown, headers: Headers) => unknown
  /** The session that it is a message of. */
  readonly session?: string | ((payload: unknown, headers: Headers) => string)
  /** Default `default`. */
  readonly tenant?: string
}

/** By name: the last part of `/v1/webhooks/{name}`. */
export type Webhooks = Readonly<Record<string, Webhook>>

/** `run` is null where nothing is to be done. */
export interface Delivered {
  readonly run: string | null
  readonly isNew: boolean
}

/**
 * Starts the run that a signed delivery asks for, once for its id, however often it is sent. Nothing is read of one that is not
 * signed, and nothing is written. Throws `unauthenticated`, `invalid_input`, `missing_secret`, and as `start` does.
 */
export async function deliver(
  mw: Midwatch,
  named: { readonly name: string; readonly webhook: Webhook },
  delivery: { readonly body: Uint8Array; readonly headers: Headers },
): Promise<Delivered> {
  const { name, webhook } = named
  const { tenant = 'default', scheme } = webhook
  const secret = await mw.secret(webhook.secret, { tenant })
  const verify: Verify = typeof scheme === 'function' ? scheme : SCHEMES[scheme]
  const id = await verified(() => verify({ ...delivery, secret, now: systemClock.now() }))
  if (id === null) {
    throw new MidwatchError('unauthenticated', `This delivery to '${name}' is not signed by its sender, or not lately.`)
  }
  const payload = payloadOf(delivery.body)
  const input = await webhook.input(payload, delivery.headers)
  if (input === undefined) return { run: null, isNew: false }
  const definition = definitionNamed(mw.definitions, webhook.agent, null, 'This process')
  const session = typeof webhook.session === 'function' ? webhook.session(payload, delivery.headers) : webhook.session
  const wanted = {
    ...{ input, tenant, key: `webhook:${name}:${id}`, principal: `webhook:${name}` },
    ...(session !== undefined && { session }),
  } as StartOptions<never>
  const run = await mw.start({ name: definition.name, definition }, wanted)
  return { run: run.id, isNew: run.isNew }
}

/** A check that breaks over a delivery has not found it signed. */
async function verified(verify: () => ReturnType<Verify>): Promise<string | null> {
  try {
    return await verify()
  } catch {
    return null
  }
}

function payloadOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new MidwatchError('invalid_input', 'The delivery is signed, and is no JSON.', { cause })
  }
}
