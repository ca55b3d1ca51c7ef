import { MidwatchError } from '../core/errors.js'
import { usdMicros } from '../core/money.js'
import type { ModelPort } from './port.js'
import type { Price, PriceList, PriceText, Rates } from './price.js'
import { PRICE_TABLE, PRICES_REVIEWED } from './price-table.js'
import type { ModelUsage } from './usage.js'

/**
 * The name that a model has in price lists and journals: the provider's family (what stands before the first dot) and
 * the model id, such as `openai/gpt-5-mini`.
 */
export function modelName(model: Pick<ModelPort, 'provider' | 'modelId'>): string {
  return `${model.provider.split('.')[0]}/${model.modelId}`
}

/**
 * The price of a model: the user's own list first, then what the model object says, then the reviewed table. Names are
 * compared exactly: a sibling's price is no price. Throws `unknown_price`; `invalid_money` for an unreadable amount.
 */
export function priceOf(model: Pick<ModelPort, 'provider' | 'modelId' | 'price'>, own: PriceList = {}): Price {
  const name = modelName(model)
  const text = find(own, name) ?? find(own, model.modelId) ?? model.price ?? find(PRICE_TABLE, name)
  if (text) return parsedOnce(text)
  throw new MidwatchError(
    'unknown_price',
    `No price is known for '${name}', so no ceiling could hold. Add it: prices: { '${name}': { input: '$1', output: '$4' } }, in dollars per million tokens. The built-in list knows models of ${reviewed()}.`,
  )
}

/** A price is written once and asked for at every step. */
const parsed = new WeakMap<PriceText, Price>()

function parsedOnce(text: PriceText): Price {
  const price = parsed.get(text) ?? parsePrice(text)
  parsed.set(text, price)
  return price
}

/** Micro-dollars per million tokens of a written price. Throws `invalid_money`. */
export function parsePrice(text: PriceText): Price {
  const rates = parseRates(text)
  return text.long ? { ...rates, long: { ...parseRates(text.long), above: text.long.above } } : rates
}

/**
 * What a call cost in micro-dollars, exact and rounded up once. `undefined` when the provider did not say what was used:
 * charge the reservation then. Cached parts that it did not tell apart are charged as plain input.
 */
export function costMicros(price: Price, usage: ModelUsage): number | undefined {
  const { inputTokens, outputTokens } = usage
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  const rates = ratesFor(price, inputTokens)
  const cached = Math.min(usage.cachedInputTokens ?? 0, inputTokens)
  const written = Math.min(usage.cacheWriteTokens ?? 0, inputTokens - cached)
  return total([
    [inputTokens - cached - written, rates.input],
    [cached, rates.cachedInput],
    [written, rates.cacheWrite],
    // Providers that count reasoning beside the output instead of within it give more reasoning than output.
    [Math.max(outputTokens, usage.reasoningTokens ?? 0), rates.output],
  ])
}

/** The most that so many tokens can cost, in micro-dollars: all input at its dearest rate. */
export function highestCostMicros(price: Price, inputTokens: number, outputTokens: number): number {
  return Math.max(
    ...[price, ratesFor(price, inputTokens)].map((rates) =>
      total([
        [inputTokens, Math.max(rates.input, rates.cachedInput, rates.cacheWrite)],
        [outputTokens, rates.output],
      ]),
    ),
  )
}

function ratesFor(price: Price, inputTokens: number): Rates {
  return price.long && inputTokens > price.long.above ? price.long : price
}

const PER = 1_000_000

/** Tokens times rates pass 2^53 in extreme cases: added up as big integers then. */
function total(lines: readonly (readonly [tokens: number, rate: number])[]): number {
  const up = lines.reduce((sofar, [tokens, rate]) => sofar + tokens * rate, PER - 1)
  if (up <= Number.MAX_SAFE_INTEGER) return (up - (up % PER)) / PER
  const sum = lines.reduce((sofar, [tokens, rate]) => sofar + BigInt(tokens) * BigInt(rate), 0n)
  return Number((sum + 999_999n) / 1_000_000n)
}

function parseRates(text: Omit<PriceText, 'long'>): Rates {
  const input = usdMicros(text.input)
  return {
    input,
    output: usdMicros(text.output),
    cachedInput: text.cachedInput === undefined ? input : usdMicros(text.cachedInput),
    cacheWrite: text.cacheWrite === undefined ? input : usdMicros(text.cacheWrite),
  }
}

/** Whose prices are listed, and as of when. */
function reviewed(): string {
  return Object.entries(PRICES_REVIEWED)
    .map(([provider, day]) => `${provider} (${day})`)
    .join(', ')
}

/** Own keys alone: a model named `constructor` has no price. */
function find(list: PriceList, name: string): PriceText | undefined {
  return Object.hasOwn(list, name) ? list[name] : undefined
}
