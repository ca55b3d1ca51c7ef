import { type JsonValue, toJson } from '../../core/json.js'

type Chance = (purpose: string) => number

/** Arguments that a model gives with confidence and that are wrong: of the right shape, or of none. Undefined where there is nothing to get wrong. */
export function nonsenseOf(args: unknown, chance: Chance): JsonValue | undefined {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return undefined
  const names = Object.keys(args)
  const name = names[Math.floor(chance('field') * names.length)]
  if (name === undefined) return undefined
  const { [name]: value, ...rest } = toJson(args) as { readonly [key: string]: JsonValue | undefined }
  if (chance('shape') < 0.25) return { ...rest }
  if (chance('shape') < 0.5) return { ...rest, [name]: otherShape(value ?? null) }
  return { ...rest, [name]: otherValue(value ?? null, chance) }
}

/** The same kind of value, and not this one. */
function otherValue(value: JsonValue, chance: Chance): JsonValue {
  if (typeof value === 'number') return value * 7 + 1 + Math.floor(chance('number') * 9)
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string') return otherText(value, chance)
  if (value === null) return 'unknown'
  if (Array.isArray(value)) return value.length > 0 ? value.map((one) => otherValue(one, chance)) : ['unknown']
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, otherValue(one ?? null, chance)]))
}

/** Its last letter or digit is another one: a number misread, an id mixed up. */
function otherText(text: string, chance: Chance): string {
  const at = text.search(/[a-z0-9][^a-z0-9]*$/i)
  if (at < 0) return `${text}?`
  const was = text[at] ?? ''
  const alphabet = /\d/.test(was) ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz'
  const others = [...alphabet].filter((one) => one !== was.toLowerCase())
  return text.slice(0, at) + others[Math.floor(chance('letter') * others.length)] + text.slice(at + 1)
}

function otherShape(value: JsonValue): JsonValue {
  if (typeof value === 'number') return `about ${value}`
  return typeof value === 'string' ? { value } : String(value)
}
