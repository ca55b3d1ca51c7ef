import { z } from '@hono/zod-openapi'
import { type Duration, durationMs } from '../core/time.js'

/** Control characters stand in no name: they would forge lines of logs, and the database takes no NUL. */
const CLEAN = /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u
/** The same as documents can say it. */
const CLEAN_PATTERN = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$'
const wellFormed = (text: string): boolean => text.isWellFormed()

const cleanText = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => CLEAN.test(text), 'has a control character')
    .refine(wellFormed, 'is no well-formed Unicode')
    .openapi({ pattern: CLEAN_PATTERN })

/** A name, id or key: short, on one line. */
export const name = (says: string, example: string) =>
  cleanText(200).min(1).openapi({ description: says, example, minLength: 1, maxLength: 200 })

/** Some words of a person; several lines are fine. */
export const words = (says: string) =>
  z
    .string()
    .max(4_000)
    .refine((text) => !text.includes('\u0000'), 'has a NUL character')
    .refine(wellFormed, 'is no well-formed Unicode')
    .openapi({ description: says })

/** Any JSON, which must be there. */
export const json = (says: string) =>
  z
    .unknown()
    .refine((value) => value !== undefined, 'is missing')
    .openapi({ description: says })

export const tenant = cleanText(200)
  .min(1)
  .refine((text) => !text.includes('/'), "has a '/'")
  .openapi({ description: 'For whom; default the only tenant of the token, else `default`.', example: 'acme' })

const LONGEST_MS = durationMs('3650d')
const DURATION = /^\d{1,8}(ms|s|m|h|d)$/
const isShort = (text: string): boolean => !DURATION.test(text) || durationMs(text as Duration) <= LONGEST_MS

export const duration = z
  .string()
  .regex(DURATION, "is no duration such as '500ms', '10s', '5m', '4h' or '1d'")
  .refine(isShort, 'is longer than ten years')
  .openapi({ description: 'A whole number and a unit, at most ten years.', example: '4h' })

/** Milliseconds since the epoch, by the ledger's clock. */
export const time = z
  .number()
  .int()
  .openapi({ description: 'ms since the epoch, by the ledger', example: 1_764_000_000_000 })

export const nothing = z.strictObject({})

export const limit = (most: number, usual: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .openapi({ description: `At most so many, up to ${most}.` })

export const cursor = z.string().min(1).max(1_000).optional().openapi({ description: '`next` of the page before.' })

/** A value, or several by naming the parameter again. */
export const several = <S extends z.ZodType>(one: S) =>
  z.union([one.transform((value) => [value] as z.output<S>[]), z.array(one).min(1).max(20)])
