import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { check } from './schema.js'
import type { Call, ToolSpec } from './spec.js'
import { tool } from './tool.js'
import { type LooseUndo, specNamed, undoOf } from './undo.js'

const told: unknown[] = []
const book = tool({
  name: 'book',
  description: 'Books.',
  input: z.object({ id: z.string().transform((id) => id.toUpperCase()) }),
  effect: 'checked',
  timeout: '7s',
  settles: '2s',
  lane: 'rooms',
  locks: ({ id }) => `room:${id}`,
  meters: { fees: () => 1 },
  check: async () => ({ did: 'not_happen' }),
  execute: async ({ id }) => ({ room: id }),
  undo: {
    effect: 'checked',
    meters: { fees: (_, result) => (result?.room ?? '').length },
    check: async (_, __, call) => ({ did: 'happen', result: call.undoes }),
    execute: async (input, result, call) => told.push([input, result, call.undoes, call.key]),
  },
})
const undo = book.spec.undo as ToolSpec
const wire = { input: { id: 'a' }, result: { room: 'A' }, of: { step: 'book#1', key: 'k', attempt: 2 } }
const call = { key: 'k|undo:2', signal: new AbortController().signal } as unknown as Call

async function parsed(): Promise<unknown> {
  const checked = await check(undo.input, wire)
  if (!checked.ok) throw new Error(checked.issues)
  return checked.value
}

describe('the undo of a tool', () => {
  it('is a tool of its own: where, for how long and beside whom it acts are those of the tool', () => {
    expect(undo).toMatchObject({
      name: 'book.undo',
      effect: 'checked',
      timeoutMs: 7_000,
      settlesMs: 2_000,
      lane: 'rooms',
    })
    expect([undo.attempts, undo.people, undo.repeat]).toEqual([3, 1, 'first_result'])
    expect(specNamed(new Map([['book', book.spec]]), 'book.undo')).toBe(undo)
    expect(specNamed(new Map([['book', book.spec]]), 'other.undo')).toBeNull()
  })

  it('is given the input as the tool is, the result as JSON, and the key of what it takes back', async () => {
    await undo.execute(await parsed(), call)
    expect(told).toEqual([[{ id: 'A' }, { room: 'A' }, 'k', 'k|undo:2']])
    expect(await undo.check?.(await parsed(), call)).toEqual({ did: 'happen', result: 'k' })
  })

  it('names the attempt that it takes back, and has a key for each', async () => {
    const input = await parsed()
    const from = { origin: 'r', message: { key: 'm' } }
    expect([undo.key?.(input, from), undo.undoes?.key(input, from)]).toEqual(['k|undo:2', 'k'])
    expect(undo.undoes).toMatchObject({ tool: 'book' })
    expect(undo.undoes?.attempt?.(input)).toBe(2)
    expect([undo.locks?.(input), undo.meters.fees?.(input)]).toEqual(['room:A', 1])
  })

  it('takes no arguments that its tool would not', async () => {
    expect(await check(undo.input, { ...wire, input: { id: 1 } })).toMatchObject({ ok: false })
  })

  const execute = async () => null
  it.each<[LooseUndo, string]>([
    [{ effect: 'read', execute }, 'its effect is keyed, checked or once'],
    [{ effect: 'keyed', execute }, 'needs keyRemembered'],
    [{ effect: 'checked', execute }, 'needs a check function'],
    [{ effect: 'once', attempts: 2, execute }, 'has one attempt'],
    [{ effect: 'once', readBack: true, execute }, 'readBack needs a check'],
    [{ effect: 'once', people: 3 as never, execute }, 'people is 1 or 2'],
    [{ effect: 'keyed', keyRemembered: '1h', attempts: 0, execute }, 'attempts is a whole number'],
    [{ effect: 'once', timeout: '0s', execute }, 'a timeout is at least 1ms'],
    [{ effect: 'once', meters: { tips: () => 1 }, execute }, "does not charge the meter 'tips'"],
    [{ effect: 'once' } as LooseUndo, 'it needs an execute function'],
  ])('that cannot be one is refused at definition: %j', (options, message) => {
    const wrong = { code: 'invalid_definition', message: expect.stringContaining(message) }
    expect(() => undoOf(book.spec, options)).toThrow(expect.objectContaining(wrong))
  })

  it('is of a write alone', () => {
    const read = { ...book.spec, effect: 'read' as const }
    const message = expect.stringContaining('nothing to take back')
    expect(() => undoOf(read, { effect: 'once', execute })).toThrow(expect.objectContaining({ message }))
  })
})
