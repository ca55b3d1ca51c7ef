import type { ErrorCode } from '../../core/errors.js'

/** A "no" of access: what a problem is made of. */
export interface Denied {
  readonly code: ErrorCode
  readonly detail: string
  readonly more: { readonly headers?: Readonly<Record<string, string>> }
}

export const denied = (code: ErrorCode, detail: string, headers?: Denied['more']['headers']): Denied => ({
  code,
  detail,
  more: headers === undefined ? {} : { headers },
})

/** One answer for every token that is not good, so that nobody learns from it which of them there are. */
export const unauthenticated = (): Denied =>
  denied(
    'unauthenticated',
    "Send a token that is good, as 'Authorization: Bearer mw_…'; 'midwatch token create' makes one.",
    { 'www-authenticate': 'Bearer realm="midwatch"' },
  )
