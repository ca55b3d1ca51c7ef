import type { PriceList } from './price.js'

/** Day on which the table was last compared with the providers' own price pages. */
export const PRICES_REVIEWED = '2025-11-23'

export const PRICE_TABLE: PriceList = {
  'openai/gpt-5': { input: '$1.25', cachedInput: '$0.125', output: '$10' },
  'openai/gpt-5-mini': { input: '$0.25', cachedInput: '$0.025', output: '$2' },
  'openai/gpt-5-nano': { input: '$0.05', cachedInput: '$0.005', output: '$0.40' },
}
