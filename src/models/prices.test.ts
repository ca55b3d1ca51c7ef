import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PRICE_TABLE } from './price-table.js'
import { costMicros, highestCostMicros, modelName, parsePrice, priceOf } from './prices.js'
import { UNKNOWN_USAGE } from './usage.js'

const model = (provider: string, modelId: string) => ({ provider, modelId })
const usage = (fields: object) => ({ ...UNKNOWN_USAGE, ...fields })

describe('which price', () => {
  test('a model is named by its provider’s family and its id', () => {
    expect(modelName(model('openai.responses', 'gpt-5'))).toBe('openai/gpt-5')
  })

  test('a listed model has its reviewed price', () => {
    expect(priceOf(model('openai.chat', 'gpt-5-mini'))).toEqual({
      input: 250_000,
      cachedInput: 25_000,
      cacheWrite: 250_000,
      output: 2_000_000,
    })
  })

  test.each([
    ['a sibling', model('openai', 'gpt-5-mini-2099-01-01')],
    ['another provider’s namesake', model('azure', 'gpt-5')],
    ['a name every object has', model('openai', 'constructor')],
    ['a bare name every object has', model('x', 'toString')],
  ])('%s has none and is refused', (_, unknown) => {
    expect(() => priceOf(unknown)).toThrow(expect.objectContaining({ code: 'unknown_price' }))
  })

  test('the refusal says what to add', () => {
    expect(() => priceOf(model('own.chat', 'm'))).toThrow(/'own\/m': \{ input:.*openai \(\d{4}-\d\d-\d\d\)/)
  })

  test('the user’s list goes before the model’s own price, and that before the table', () => {
    const listed = { ...model('openai', 'gpt-5'), price: { input: '$7', output: '$7' } as const }
    expect(priceOf(listed, { 'openai/gpt-5': { input: '$9', output: '$9' } }).input).toBe(9_000_000)
    expect(priceOf(listed, { 'gpt-5': { input: '$8', output: '$8' } }).input).toBe(8_000_000)
    expect(priceOf(listed).input).toBe(7_000_000)
  })

  test('an unreadable amount is refused', () => {
    expect(() => parsePrice({ input: '$1e3', output: '$1' })).toThrow(
      expect.objectContaining({ code: 'invalid_money' }),
    )
  })

  test.each(Object.entries(PRICE_TABLE))('%s of the table is sane', (_, text) => {
    const price = parsePrice(text)
    for (const rates of [price, price.long ?? price]) {
      expect(rates.cachedInput).toBeLessThanOrEqual(rates.input)
      expect(rates.cacheWrite).toBeGreaterThanOrEqual(rates.input)
      expect(rates.output).toBeGreaterThan(rates.input)
    }
    expect(price.long?.input ?? price.input).toBeGreaterThanOrEqual(price.input)
  })
})

describe('what a call cost', () => {
  const price = parsePrice({ input: '$2', cachedInput: '$0.50', cacheWrite: '$3', output: '$8' })

  test('each kind of token at its own rate', () => {
    const used = usage({ inputTokens: 1_000, cachedInputTokens: 400, cacheWriteTokens: 100, outputTokens: 50 })
    expect(costMicros(price, used)).toBe(500 * 2 + 400 * 0.5 + 100 * 3 + 50 * 8)
  })

  test('a part of a micro-dollar is rounded up, once', () => {
    const cheap = parsePrice({ input: '$0.05', output: '$0.05' })
    expect(costMicros(cheap, usage({ inputTokens: 1, outputTokens: 1 }))).toBe(1)
    expect(costMicros(cheap, usage({ inputTokens: 20, outputTokens: 1 }))).toBe(2)
  })

  test('unknown usage has no cost: the reservation is charged', () => {
    expect(costMicros(price, UNKNOWN_USAGE)).toBeUndefined()
    expect(costMicros(price, usage({ inputTokens: 10 }))).toBeUndefined()
    expect(costMicros(price, usage({ outputTokens: 10 }))).toBeUndefined()
  })

  test('parts that were not told apart are plain input', () => {
    expect(costMicros(price, usage({ inputTokens: 1_000, outputTokens: 0 }))).toBe(2_000)
  })

  test('parts never come to more than the whole', () => {
    const used = usage({ inputTokens: 10, cachedInputTokens: 50, cacheWriteTokens: 50, outputTokens: 0 })
    expect(costMicros(price, used)).toBe(5)
  })

  test('reasoning that is counted beside the output is charged all the same', () => {
    expect(costMicros(price, usage({ inputTokens: 1, outputTokens: 5, reasoningTokens: 50 }))).toBe(2 + 400)
  })

  test('a long prompt costs the long rate as a whole', () => {
    const tiered = parsePrice({ input: '$1', output: '$2', long: { above: 100, input: '$3', output: '$4' } })
    expect(costMicros(tiered, usage({ inputTokens: 100, outputTokens: 10 }))).toBe(120)
    expect(costMicros(tiered, usage({ inputTokens: 101, outputTokens: 10 }))).toBe(343)
  })

  test('amounts beyond a double’s precision stay exact', () => {
    const dear = parsePrice({ input: '$9000', output: '$9000' })
    expect(costMicros(dear, usage({ inputTokens: 10_000_001, outputTokens: 0 }))).toBe(90_000_009_000)
  })

  test('no call costs more than the highest cost of its tokens', () => {
    const tokens = fc.nat({ max: 400_000 })
    const rate = fc.nat({ max: 90_000_000 })
    const rates = fc.record({ input: rate, output: rate, cachedInput: rate, cacheWrite: rate })
    const tiered = fc
      .tuple(rates, fc.option(rates, { nil: undefined }), tokens)
      .map(([base, more, above]) => (more ? { ...base, long: { ...more, above } } : base))
    fc.assert(
      fc.property(
        tiered,
        tokens,
        tokens,
        tokens,
        tokens,
        fc.nat(100),
        (priced, input, cached, written, output, spare) => {
          const used = usage({
            inputTokens: input,
            cachedInputTokens: cached,
            cacheWriteTokens: written,
            outputTokens: output,
          })
          expect(costMicros(priced, used)).toBeLessThanOrEqual(highestCostMicros(priced, input + spare, output + spare))
        },
      ),
      { numRuns: 300 },
    )
  })
})
