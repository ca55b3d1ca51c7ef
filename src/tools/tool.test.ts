import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../core/limits.js'
import { tool, WAYS_OUT } from './tool.js'

const base = {
  name: 'a_tool',
  description: 'Does something.',
  input: z.object({ id: z.string() }),
  execute: async () => ({ ok: true }),
} as const
const check = async () => ({ did: 'not_happen' }) as const

describe('a tool, defined', () => {
  it('has everything resolved, and nothing of it can be changed', () => {
    const { spec } = tool({ ...base, effect: 'read' })
    expect(spec).toMatchObject({
      name: 'a_tool',
      effect: 'read',
      timeoutMs: LIMITS.tool_timeout_ms,
      settlesMs: 0,
      lane: null,
      attempts: 3,
      key: null,
      locks: null,
      check: null,
      isolate: 'none',
      meters: {},
      jsonSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
    })
    expect(Object.isFrozen(spec)).toBe(true)
  })

  it('keeps what was said of it', () => {
    const key = ({ id }: { id: string }) => id
    const { spec } = tool({
      ...base,
      effect: 'keyed',
      key,
      keyRemembered: '1d',
      concurrent: true,
      repeat: 'escalate',
      attempts: 5,
      timeout: '2s',
      settles: '1m',
      lane: 'payments',
    })
    expect(spec).toMatchObject({ keyRememberedMs: 86_400_000, concurrent: true, repeat: 'escalate', attempts: 5, key })
    expect(spec).toMatchObject({ timeoutMs: 2_000, settlesMs: 60_000, lane: 'payments' })
  })

  it('that takes another one back names its key, which must be its own', () => {
    const key = ({ id }: { id: string }) => id
    const refund = tool({ ...base, effect: 'keyed', keyRemembered: '1h', key })
    const { spec } = tool({ ...base, name: 'void', effect: 'once', undoes: { tool: refund, key } })
    expect(spec.undoes).toEqual({ tool: 'a_tool', key })
    const keyless = tool({ ...base, effect: 'once' })
    expect(() => tool({ ...base, name: 'void', effect: 'once', undoes: { tool: keyless, key } })).toThrow(
      expect.objectContaining({ code: 'invalid_definition', message: expect.stringContaining('no key of its own') }),
    )
  })

  it.each([
    ['read', tool({ ...base, effect: 'read' }), 3],
    ['keyed', tool({ ...base, effect: 'keyed', keyRemembered: '1h' }), 3],
    ['checked', tool({ ...base, effect: 'checked', check: async () => ({ did: 'unknown' }) }), 3],
    ['once', tool({ ...base, effect: 'once' }), 1],
  ])('of class %s has so many attempts', (_, { spec }, attempts) => {
    expect(spec.attempts).toBe(attempts)
  })

  it('of class once runs in a process of its own, unless it says otherwise', () => {
    const module = import.meta.url
    expect(tool({ ...base, effect: 'once', module }).spec).toMatchObject({ isolate: 'process', module })
    expect(tool({ ...base, effect: 'once', isolate: 'none' }).spec).toMatchObject({ isolate: 'none', module: null })
  })

  it('may charge dollars, and meters of its own', () => {
    const { spec } = tool({ ...base, effect: 'read', meters: { usd: () => 0.01, emails: () => 1 } })
    expect(Object.keys(spec.meters)).toEqual(['usd', 'emails'])
  })
})

describe('a tool is refused where it is defined', () => {
  /** As plain JavaScript would call it: the types refuse most of these before. */
  const define = (options: object) => () => tool({ ...base, effect: 'read', ...options } as Parameters<typeof tool>[0])

  it.each<[string, object, RegExp]>([
    ['for a name that a model cannot call', { name: 'a tool' }, /a name is letters/],
    ['for a name that is too long', { name: 'a'.repeat(65) }, /at most 64/],
    ...Object.values(WAYS_OUT).map((name): [string, object, RegExp] => [
      `for the name ${name}, which is a way out of the loop`,
      { name },
      /taken by a way out/,
    ]),
    ['for an effect class that is none', { effect: 'write' }, /one of read, keyed, checked, once/],
    ['without the check of checked', { effect: 'checked' }, /needs a check function/],
    ['without the memory of keyed', { effect: 'keyed' }, /needs keyRemembered/],
    ['with attempts of once', { effect: 'once', attempts: 1 }, /has one attempt/],
    ['with no attempt at all', { attempts: 0 }, /whole number from 1/],
    ['with half an attempt', { attempts: 1.5 }, /whole number from 1/],
    ['with no time', { timeout: '0s' }, /at least 1ms/],
    ['for a meter that the runtime counts itself', { meters: { attempts: () => 0 } }, /the runtime counts this itself/],
    ['for a meter that is a deadline', { meters: { deadline: () => 0 } }, /the runtime counts this itself/],
    ['for a meter that looks like a lane', { meters: { 'lane:payments': () => 1 } }, /lower-case letters/],
    ['for a schema that JSON cannot carry', { input: z.object({ at: z.date() }) }, /cannot be shown as JSON Schema/],
    ['for a schema that takes anything for a date', { input: z.object({ at: z.coerce.date() }) }, /z.iso.datetime/],
  ])('%s', (_, options, what) => {
    expect(define(options)).toThrow(
      expect.objectContaining({ code: 'invalid_definition', message: expect.stringMatching(what) }),
    )
  })

  it.each(['5', '-5m', '1.5h'])('for the timeout %s', (timeout) => {
    expect(define({ timeout })).toThrow(expect.objectContaining({ code: 'invalid_duration' }))
  })

  it('but not for what is right', () => {
    expect(define({})).not.toThrow()
    expect(define({ effect: 'checked', check })).not.toThrow()
  })
})
