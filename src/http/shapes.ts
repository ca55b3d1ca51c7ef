import { z } from '@hono/zod-openapi'

/** Control characters stand in no name: they would forge lines of logs, and the database takes no NUL. */
const CLEAN = /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u
const wellFormed = (text: string): boolean => text.isWellFormed()

const cleanText = (most: number) =>
  z.string().max(most).regex(CLEAN, 'has a control character').refine(wellFormed, 'is no well-formed Unicode')

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
  .regex(/^[^/]*$/, "has a '/'")
  .openapi({ description: 'For whom; default the only tenant of the token, else `default`.', example: 'acme' })

export const duration = z
  .string()
  .regex(/^\d{1,12}(ms|s|m|h|d)$/, "is no duration such as '500ms', '10s', '5m', '4h' or '1d'")
  .openapi({ description: 'A whole number and a unit.', example: '4h' })

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
