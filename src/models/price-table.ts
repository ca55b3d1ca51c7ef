import type { PriceList, PriceText } from './price.js'

/**
 * When each provider's part was last compared with its published prices. Prices move: whoever needs another day's, a
 * contract's or another region's puts it into `prices`, which is asked before this table.
 */
export const PRICES_REVIEWED = { openai: '2026-06-04', anthropic: '2026-10-01', google: '2026-10-07' } as const

/** Anthropic tells cache writes from other input, but not those kept for an hour from those for five minutes: the dearer. */
const OPUS: PriceText = { input: '$5', cachedInput: '$0.50', cacheWrite: '$10', output: '$25' }
const SONNET: PriceText = { input: '$3', cachedInput: '$0.30', cacheWrite: '$6', output: '$15' }
const SONNET_LONG: PriceText = {
  ...SONNET,
  long: { above: 200_000, input: '$6', cachedInput: '$0.60', cacheWrite: '$12', output: '$22.50' },
}
const HAIKU: PriceText = { input: '$1', cachedInput: '$0.10', cacheWrite: '$2', output: '$5' }

/**
 * Standard-tier text prices of well-known models, in dollars per million tokens, each under its exact name. Not listed is
 * not known. Where a price is announced to rise on a date, the higher one stands here: a ceiling must hold on that day too.
 */
export const PRICE_TABLE: PriceList = {
  'openai/gpt-5.5': {
    input: '$5',
    cachedInput: '$0.50',
    output: '$30',
    long: { above: 272_000, input: '$10', cachedInput: '$1', output: '$45' },
  },
  'openai/gpt-5.4': {
    input: '$2.50',
    cachedInput: '$0.25',
    output: '$15',
    long: { above: 272_000, input: '$5', cachedInput: '$0.50', output: '$22.50' },
  },
  'openai/gpt-5.4-mini': { input: '$0.75', cachedInput: '$0.075', output: '$4.50' },
  'openai/gpt-5.4-nano': { input: '$0.20', cachedInput: '$0.02', output: '$1.25' },
  'openai/gpt-5.1': { input: '$1.25', cachedInput: '$0.125', output: '$10' },
  'openai/gpt-5': { input: '$1.25', cachedInput: '$0.125', output: '$10' },
  'openai/gpt-5-mini': { input: '$0.25', cachedInput: '$0.025', output: '$2' },
  'openai/gpt-5-nano': { input: '$0.05', cachedInput: '$0.005', output: '$0.40' },
  'openai/gpt-4.1': { input: '$2', cachedInput: '$0.50', output: '$8' },
  'openai/gpt-4.1-mini': { input: '$0.40', cachedInput: '$0.10', output: '$1.60' },
  'openai/gpt-4.1-nano': { input: '$0.10', cachedInput: '$0.025', output: '$0.40' },
  'openai/gpt-4o': { input: '$2.50', cachedInput: '$1.25', output: '$10' },
  'openai/gpt-4o-mini': { input: '$0.15', cachedInput: '$0.075', output: '$0.60' },
  'openai/o3': { input: '$2', cachedInput: '$0.50', output: '$8' },
  'openai/o4-mini': { input: '$1.10', cachedInput: '$0.275', output: '$4.40' },

  'anthropic/claude-fable-5-1': { input: '$10', cachedInput: '$0.25', cacheWrite: '$20', output: '$50' },
  'anthropic/claude-opus-5-5': { input: '$4', cachedInput: '$0.20', cacheWrite: '$8', output: '$20' },
  'anthropic/claude-opus-5': OPUS,
  'anthropic/claude-opus-4-8': OPUS,
  'anthropic/claude-opus-4-7': OPUS,
  'anthropic/claude-opus-4-6': OPUS,
  'anthropic/claude-opus-4-5': OPUS,
  'anthropic/claude-opus-4-5-20251101': OPUS,
  'anthropic/claude-opus-4-1': { input: '$15', cachedInput: '$1.50', cacheWrite: '$30', output: '$75' },
  'anthropic/claude-sonnet-4-6': SONNET,
  'anthropic/claude-sonnet-4-5': SONNET_LONG,
  'anthropic/claude-sonnet-4-5-20250929': SONNET_LONG,
  'anthropic/claude-haiku-4-5': HAIKU,
  'anthropic/claude-haiku-4-5-20251001': HAIKU,

  'google/gemini-3.8-flash': { input: '$1.50', cachedInput: '$0.15', output: '$7.50' },
  'google/gemini-3.5-flash': { input: '$1.50', cachedInput: '$0.15', output: '$9' },
  'google/gemini-3.5-flash-lite': { input: '$0.30', output: '$2.50' },
  'google/gemini-3.1-pro-preview': {
    input: '$2',
    cachedInput: '$0.20',
    output: '$12',
    long: { above: 200_000, input: '$4', cachedInput: '$0.40', output: '$18' },
  },
  'google/gemini-2.5-pro': {
    input: '$1.25',
    cachedInput: '$0.125',
    output: '$10',
    long: { above: 200_000, input: '$2.50', cachedInput: '$0.25', output: '$15' },
  },
  'google/gemini-2.5-flash': { input: '$0.30', cachedInput: '$0.03', output: '$2.50' },
  'google/gemini-2.5-flash-lite': { input: '$0.10', cachedInput: '$0.01', output: '$0.40' },
}
