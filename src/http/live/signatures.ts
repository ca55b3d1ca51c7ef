import { createHmac, timingSafeEqual } from 'node:crypto'

/** A delivery as it came, before anything of it is believed. */
export interface Delivery {
  /** The raw bytes: a signature is of these, not of what they mean. */
  readonly body: Uint8Array
  readonly headers: Headers
  readonly secret: string
  /** By this process's clock, ms. */
  readonly now: number
}

/** The id of a delivery that was signed, the same when it is sent again; null for one that was not. */
export type Verify = (delivery: Delivery) => string | null | Promise<string | null>

/** A signature this much older or newer than now is worth nothing. */
export const SIGNATURE_TOLERANCE_SECONDS = 300

/** How senders sign, by the names under which they are chosen. */
export const SCHEMES = { standard, github, stripe } as const

/** Standard Webhooks: `webhook-id`, `webhook-timestamp`, and `webhook-signature`, of which any `v1` may fit. */
function standard({ body, headers, secret, now }: Delivery): string | null {
  const [id, at] = [headers.get('webhook-id'), headers.get('webhook-timestamp')]
  if (!id || !at || !isRecent(at, now)) return null
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = mac(key, `${id}.${at}.`, body)
  const given = (headers.get('webhook-signature') ?? '').split(' ').flatMap((one) => {
    const [version, signature] = one.split(',')
    return version === 'v1' && signature ? [Buffer.from(signature, 'base64')] : []
  })
  return key.length > 0 && given.some((one) => isSame(one, expected)) ? id : null
}

/** GitHub signs the body alone: its delivery id and the time are not covered. */
function github({ body, headers, secret }: Delivery): string | null {
  const [, signature = ''] = /^sha256=([0-9a-f]{64})$/.exec(headers.get('x-hub-signature-256') ?? '') ?? []
  const isSigned = secret !== '' && isSame(Buffer.from(signature, 'hex'), mac(secret, '', body))
  return isSigned ? headers.get('x-github-delivery') || null : null
}

/** Stripe: `t` and any number of `v1` in one header; the id is the event's own, which is signed. */
function stripe({ body, headers, secret, now }: Delivery): string | null {
  const parts = (headers.get('stripe-signature') ?? '').split(',').map((part) => part.trim().split('='))
  const at = parts.find(([name]) => name === 't')?.[1] ?? ''
  if (!isRecent(at, now) || secret === '') return null
  const expected = mac(secret, `${at}.`, body)
  const given = parts.filter(([name]) => name === 'v1').map(([, hex = '']) => Buffer.from(hex, 'hex'))
  if (!given.some((one) => isSame(one, expected))) return null
  const { id } = JSON.parse(Buffer.from(body).toString('utf8')) as { readonly id?: unknown }
  return typeof id === 'string' && id !== '' ? id : null
}

function isRecent(seconds: string, now: number): boolean {
  return /^\d{1,12}$/.test(seconds) && Math.abs(now / 1_000 - Number(seconds)) <= SIGNATURE_TOLERANCE_SECONDS
}

function mac(key: string | Buffer, before: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(before).update(body).digest()
}

/** Takes as long whatever differs. */
const isSame = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other)
