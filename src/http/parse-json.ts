import { problem } from './problem.js'

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const STRING = /"(?:[^"\\]|\\.)*"/sy

/**
 * JSON of a stranger. Throws a problem for what is none, for nesting beyond `depth`, for numbers that would be read as others
 * (too large, or whole and beyond 2^53), and for fields that would reach an object's prototype.
 */
export function parseJson(text: string, depth: number): unknown {
  scan(text, depth)
  try {
    return JSON.parse(text, refuseStrange)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw unfit('it is not JSON')
  }
}

const unfit = (what: string) =>
  problem('invalid_request', `The body cannot be taken: ${what}.`, { misfits: [{ at: 'body', says: what }] })

/** Before anything is built of it. What is no JSON at all is left to the parser. */
function scan(text: string, most: number): void {
  let depth = 0
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i)
    if (char === 0x22) i = endOf(STRING, text, i) - 1
    else if (char === 0x5b || char === 0x7b) {
      depth += 1
      if (depth > most) throw unfit(`it is nested deeper than ${most} levels`)
    } else if (char === 0x5d || char === 0x7d) depth -= 1
    else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      const end = endOf(NUMBER, text, i)
      checkNumber(text.slice(i, end))
      i = end - 1
    }
  }
}

/** Where what stands at `from` ends; one further when it is not what it seems. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : from + 1
}

function checkNumber(token: string): void {
  const value = Number(token)
  const isLost = /^-?\d+$/.test(token) ? !Number.isSafeInteger(value) : !Number.isFinite(value)
  if (isLost) throw unfit(`the number ${token.slice(0, 40)} cannot be read exactly; send it as a string`)
}

function refuseStrange(key: string, value: unknown): unknown {
  if (key === '__proto__') throw unfit("a field may not be called '__proto__'")
  if (key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')) {
    throw unfit("a field 'constructor' may not have a 'prototype'")
  }
  return value
}
