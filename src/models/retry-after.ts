import type { EpochMs } from '../core/time.js'

type Headers = Readonly<Record<string, string | undefined>>

/**
 * What `retry-after-ms` or `Retry-After` (seconds or an HTTP date) asks for, in ms, never negative; undefined where it
 * says nothing readable. A date is compared with the answer's own `Date` header where there is one: the two come from
 * one clock, ours may differ.
 */
export function retryAfterMs(headers: Headers | undefined, now: () => EpochMs): number | undefined {
  const find = (name: string) =>
    Object.entries(headers ?? {})
      .find(([key]) => key.toLowerCase() === name)?.[1]
      ?.trim()
  const ms = decimal(find('retry-after-ms'))
  if (ms !== undefined) return Math.ceil(ms)
  const text = find('retry-after')
  const seconds = decimal(text)
  if (seconds !== undefined) return Math.ceil(seconds * 1_000)
  const at = Date.parse(text ?? '')
  if (Number.isNaN(at)) return undefined
  const sent = Date.parse(find('date') ?? '')
  return Math.max(0, at - (Number.isNaN(sent) ? now() : sent))
}

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : undefined
}
