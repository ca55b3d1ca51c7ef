import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePrice } from './prices.js'
import type { Message, ModelTool } from './prompt.js'
import { inputBound, measured, messageBound, type Prompt, worstCase } from './worst-case.js'

const tools: ModelTool[] = [{ name: 'find', description: 'Finds.', inputSchema: { type: 'object' } }]
const user = (text: string): Message => ({ role: 'user', text })
const prompt = (...messages: Message[]): Prompt => ({ model: 'own/m', tools, messages })

describe('the bound of an input', () => {
  test('is at least one token for each byte of every text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: 1 }), (texts) => {
        const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
        expect(inputBound(prompt(...texts.map(user)))).toBeGreaterThanOrEqual(bytes)
      }),
      { numRuns: 100 },
    )
  })

  test('counts the tools and the metadata that go along', () => {
    const bare = inputBound({ ...prompt(user('Hi')), tools: [] })
    expect(inputBound(prompt(user('Hi')))).toBeGreaterThan(bare + JSON.stringify(tools[0]).length)
    const signed: Message = {
      role: 'assistant',
      text: '',
      thoughts: [{ text: '', metadata: { a: { b: 'x'.repeat(99) } } }],
    }
    expect(messageBound(signed)).toBeGreaterThan(99)
  })

  test('builds on what the last call was measured to take, where the prompt goes on from there', () => {
    const first = prompt(user('x'.repeat(4_000)))
    const last = measured(first, 1_010)
    const next = prompt(...first.messages, user('more'))
    expect(inputBound(next, last)).toBe(1_010 + messageBound(user('more')))
    expect(inputBound(first, last)).toBe(1_010)
  })

  test.each<[string, Prompt]>([
    ['another model', { ...prompt(user('a'), user('b')), model: 'own/n' }],
    ['other tools', { ...prompt(user('a'), user('b')), tools: [] }],
    ['a changed message', prompt(user('A'), user('b'))],
    ['a message taken away', prompt(user('b'))],
    ['nothing', prompt()],
  ])('does not build on it with %s', (_, changed) => {
    const last = measured(prompt(user('a')), 1)
    expect(inputBound(changed, last)).toBe(inputBound(changed))
  })

  test('never falls as a conversation goes on', () => {
    const message = fc.string({ maxLength: 30 }).map(user)
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 2, maxLength: 12 }),
        fc.nat(12),
        fc.integer({ min: 1, max: 5_000 }),
        (messages, cut, tokens) => {
          const last = measured(prompt(...messages.slice(0, Math.min(cut, messages.length))), tokens)
          const bounds = messages.map((_, index) => inputBound(prompt(...messages.slice(0, index + 1)), last))
          const built = bounds.slice(Math.max(0, last.messages.length - 1))
          expect(built).toEqual(built.toSorted((a, b) => a - b))
        },
      ),
      { numRuns: 100 },
    )
  })
})

test('the worst case is all input at its dearest and all output, in tokens and micro-dollars', () => {
  const price = parsePrice({ input: '$2', cachedInput: '$1', cacheWrite: '$4', output: '$10' })
  expect(worstCase(1_000, 500, price)).toEqual({
    inputTokens: 1_000,
    outputTokens: 500,
    contextTokens: 1_500,
    usdMicros: 4_000 + 5_000,
  })
})
