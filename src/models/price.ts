import type { Usd } from '../core/money.js'

/** Dollars per million tokens, as people write and read prices. Reasoning is charged as output. */
export interface PriceText {
  readonly input: Usd
  readonly output: Usd
  /** Input read from the provider's cache; as `input` where it is not given. */
  readonly cachedInput?: Usd
  /** Input written to the provider's cache; as `input` where it is not given. */
  readonly cacheWrite?: Usd
  /** What calls cost whose input is longer than `above` tokens: the whole call, not the rest alone. */
  readonly long?: Omit<PriceText, 'long'> & { readonly above: number }
}

/** Prices by `provider/model` or by model id alone. */
export type PriceList = Readonly<Record<string, PriceText>>

/** Micro-dollars per million tokens. */
export interface Rates {
  readonly input: number
  readonly output: number
  readonly cachedInput: number
  readonly cacheWrite: number
}

export interface Price extends Rates {
  readonly long?: Rates & { readonly above: number }
}
