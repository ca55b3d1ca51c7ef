import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message, ModelTool } from './prompt.js'
import { fitWindow, markMeasured, WINDOW_START, type WindowMark } from './window.js'

const tools: ModelTool[] = [{ name: 'find', description: 'Finds.', inputSchema: { type: 'object' } }]
const model = 'own/m'
const maxOutputTokens = 100
const HEAD: Message[] = [
  { role: 'system', text: 'Be a desk.' },
  { role: 'user', text: 'Refund W1.' },
]

/** A call of so many results, each of so many bytes. */
function exchange(id: number, sizes: readonly number[]): Message[] {
  const calls = sizes.map((_, index) => `c${id}_${index}`)
  return [
    {
      role: 'assistant',
      text: `Step ${id}.`,
      toolCalls: calls.map((call) => ({ id: call, name: 'find', inputText: '{}' })),
    },
    ...sizes.map(
      (size, index): Message => ({ role: 'tool', callId: calls[index] ?? '', name: 'find', output: 'r'.repeat(size) }),
    ),
  ]
}

const conversation = (...sizes: number[][]) => [...HEAD, ...sizes.flatMap((size, id) => exchange(id, size))]
const windowOf = (messages: readonly Message[], ceilingTokens: number | null, mark?: WindowMark) =>
  fitWindow({ model, tools, messages, ceilingTokens, maxOutputTokens, ...(mark && { mark }) })

describe('a window', () => {
  test('with room takes everything', () => {
    const messages = conversation([500], [500])
    expect(windowOf(messages, 10_000)).toMatchObject({ messages, mark: WINDOW_START, fits: true })
    expect(windowOf(messages, null)).toMatchObject({ messages, fits: true })
  })

  test('without room drops the oldest exchanges, says so, and keeps the head and the newest', () => {
    const messages = conversation([1_000], [1_000], [1_000], [1_000])
    const window = windowOf(messages, 4_000)
    expect(window.fits).toBe(true)
    expect(window.messages.slice(0, 3)).toEqual([
      ...HEAD,
      { role: 'user', text: '(6 earlier messages were left out here to keep the context small.)' },
    ])
    expect(window.messages.slice(3)).toEqual(messages.slice(8))
  })

  test('drops what was said in earlier runs first, and keeps what this one is about', () => {
    const turn = (n: number): Message[] => [
      { role: 'user', text: `Earlier ${n}.`.padEnd(600, '.') },
      { role: 'assistant', text: `Done ${n}.` },
    ]
    const earlier = [turn(1), turn(2), turn(3)].flat()
    const messages: Message[] = [
      ...HEAD.slice(0, 1),
      ...earlier,
      ...HEAD.slice(1),
      ...exchange(1, [1_000]),
      ...exchange(2, [1_000]),
    ]
    const own = 1 + earlier.length
    const kept = (ceilingTokens: number, all = messages) =>
      fitWindow({ model, tools, messages: all, ceilingTokens, maxOutputTokens, own }).messages
    const texts = (window: readonly Message[]) =>
      window.map((m) => (m.role === 'tool' ? 'result' : m.text.slice(0, 10)))
    expect(kept(10_000)).toEqual(messages)
    const next = ['Refund W1.', 'Step 1.', 'result', 'Step 2.', 'result']
    expect(texts(kept(5_000))).toEqual(['Be a desk.', '(6 earlier', ...next])
    expect(texts(kept(3_000))).toEqual(['Be a desk.', '(9 earlier', 'Refund W1.', 'Step 2.', 'result'])
    // A message that steered the run is what it works on now: then both stay.
    const last = [...exchange(3, [1_000]), ...exchange(4, [1_000])]
    const steered: Message[] = [...messages.slice(0, -2), { role: 'user', text: 'Hurry up.' }, ...last]
    const both = texts(kept(3_000, steered))
    expect(both.slice(2)).toEqual(['Refund W1.', 'Hurry up.', 'Step 4.', 'result'])
  })

  test('leaves room for the answer', () => {
    const messages = conversation([500], [500])
    const { inputTokens } = windowOf(messages, null)
    expect(windowOf(messages, inputTokens + maxOutputTokens).messages).toEqual(messages)
    expect(windowOf(messages, inputTokens + maxOutputTokens - 1).messages).not.toEqual(messages)
  })

  test('says when even the newest exchange does not fit', () => {
    const messages = conversation([100], [9_000])
    expect(windowOf(messages, 4_000)).toMatchObject({ fits: false, mark: { from: 4 } })
    expect(windowOf(HEAD, 200)).toMatchObject({ fits: false, messages: HEAD })
  })

  test('keeps the user message that is being worked on', () => {
    const second: Message = { role: 'user', text: 'And now W2.' }
    const messages = [...HEAD, ...exchange(0, [900]), second, ...exchange(1, [900]), ...exchange(2, [900])]
    const window = windowOf(messages, 3_000)
    expect(window.messages).toEqual([...HEAD, expect.objectContaining({ role: 'user' }), second, ...exchange(2, [900])])
    expect(windowOf([...messages, ...exchange(3, [10])], 3_000, window.mark).messages).toEqual([
      ...window.messages,
      ...exchange(3, [10]),
    ])
  })

  test('prunes more than it must, so that the next exchanges leave it alone', () => {
    const exchanges = Array.from({ length: 12 }, (_, id) => exchange(id, [300]))
    const cuts = windows(exchanges, 4_000).map((window) => window.mark.from)
    expect(new Set(cuts).size).toBeLessThanOrEqual(6)
    expect(cuts.at(-1)).toBeGreaterThan(0)
  })

  test('measured input leaves more room than bytes do', () => {
    const messages = conversation([2_000], [2_000])
    const mark = markMeasured(WINDOW_START, { model, tools, messages }, 1_100)
    const longer = [...messages, ...exchange(2, [500])]
    expect(windowOf(longer, 3_000, mark).messages).toEqual(longer)
    expect(windowOf(longer, 3_000).messages).not.toEqual(longer)
    expect(markMeasured(mark, { model, tools, messages }, undefined)).toBe(mark)
  })
})

const sizes = fc.array(fc.array(fc.nat(900), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 14 })
const ceiling = fc.integer({ min: 3_800, max: 9_000 })

/** The windows of a conversation as it grows, call by call; measured at `bytesPerToken` where it is given. */
function windows(all: readonly Message[][], ceilingTokens: number, bytesPerToken?: number) {
  let mark: WindowMark = WINDOW_START
  return all.map((_, index) => {
    const whole = [...HEAD, ...all.slice(0, index + 1).flat()]
    const window = windowOf(whole, ceilingTokens, mark)
    const tokens = bytesPerToken && Math.ceil(JSON.stringify(window.messages).length / bytesPerToken)
    mark = markMeasured(window.mark, { model, tools, messages: window.messages }, tokens)
    return { ...window, whole }
  })
}

describe('however a conversation grows', () => {
  const grown = fc.tuple(sizes, ceiling, fc.constantFrom(undefined, 2, 4))
  const each = (check: (all: ReturnType<typeof windows>, ceilingTokens: number) => void) =>
    fc.assert(
      fc.property(grown, ([all, ceilingTokens, bytesPerToken]) =>
        check(
          windows(
            all.map((size, id) => exchange(id, size)),
            ceilingTokens,
            bytesPerToken,
          ),
          ceilingTokens,
        ),
      ),
      { numRuns: 150 },
    )

  test('its prompt stays under the ceiling, or says that it does not', () => {
    each((all, ceilingTokens) => {
      for (const { fits, inputTokens } of all) expect(fits).toBe(inputTokens + maxOutputTokens <= ceilingTokens)
    })
  })

  test('head and newest exchange stay, and every result has its call before it', () => {
    each((all) => {
      for (const { messages, whole } of all) {
        expect(messages.slice(0, 2)).toEqual(HEAD)
        expect(messages.at(-1)).toEqual(whole.at(-1))
        const called = new Set<string>()
        for (const message of messages) {
          if (message.role === 'assistant') for (const call of message.toolCalls ?? []) called.add(call.id)
          if (message.role === 'tool') expect(called.delete(message.callId)).toBe(true)
        }
        expect(called.size).toBe(0)
      }
    })
  })

  test('one prompt is the prefix of the next until the window is full again', () => {
    each((all) => {
      for (const [index, window] of all.entries()) {
        const before = all[index - 1]
        if (!before || window.mark.from !== before.mark.from) continue
        expect(window.messages.slice(0, before.messages.length)).toEqual(before.messages)
      }
    })
  })

  test('what was left out stays out, and nothing is left out while there is room', () => {
    each((all, ceilingTokens) => {
      for (const [index, window] of all.entries()) {
        const before = all[index - 1]?.mark.from ?? 0
        expect(window.mark.from).toBeGreaterThanOrEqual(before)
        const unpruned = windowOf(window.whole, null, all[index - 1]?.mark)
        if (unpruned.inputTokens + maxOutputTokens <= ceilingTokens) expect(window.mark.from).toBe(before)
      }
    })
  })

  test('the same conversation gives the same prompts', () => {
    fc.assert(
      fc.property(grown, ([all, ceilingTokens, bytes]) => {
        const exchanges = all.map((size, id) => exchange(id, size))
        expect(windows(exchanges, ceilingTokens, bytes)).toEqual(windows(exchanges, ceilingTokens, bytes))
      }),
      { numRuns: 30 },
    )
  })
})

test('a conversation without a user message can be pruned too', () => {
  const messages = [HEAD[0] as Message, ...exchange(0, [3_000]), ...exchange(1, [10])]
  expect(windowOf(messages, 2_000)).toMatchObject({ fits: true, mark: { from: 3, pinned: -1 } })
})
