import { MidwatchError } from './errors.js'

/** Dollars as text: `'$0.25'`. Parsed exactly to micro-dollars, at most six decimals. */
export type Usd = `$${number}`

/** Integer micro-dollars of a dollar text. Throws `invalid_money`. */
export function usdMicros(text: Usd): number {
  const found = /^\$(\d+)(?:\.(\d{1,6}))?$/.exec(text)
  const micros = found ? Number(found[1]) * 1_000_000 + Number((found[2] ?? '').padEnd(6, '0')) : Number.NaN
  if (!Number.isSafeInteger(micros)) {
    throw new MidwatchError(
      'invalid_money',
      `'${text}' is no dollar amount; write it as '$12' or '$0.25', with at most six decimals.`,
    )
  }
  return micros
}

/** Exact conversion of a number of dollars as a tool charges it. Throws `meter_amount_invalid` where it is none. */
export function dollarsToMicros(dollars: number, meter: string): number {
  const micros = Math.round(dollars * 1_000_000)
  if (!Number.isSafeInteger(micros) || dollars < 0 || Object.is(dollars, -0)) throw badAmount(meter, dollars)
  return micros
}

/** Checks an amount of a countable meter: a non-negative safe integer. Throws `meter_amount_invalid`. */
export function countOf(amount: number, meter: string): number {
  if (!Number.isSafeInteger(amount) || amount < 0) throw badAmount(meter, amount)
  return amount
}

function badAmount(meter: string, amount: number): MidwatchError {
  return new MidwatchError(
    'meter_amount_invalid',
    `Meter '${meter}' was given ${amount}; a charge is a non-negative number that fits its smallest unit. Mend the tool's meters function.`,
  )
}

/** `$1.20` or `$0.000450` from micro-dollars, for people. */
export function showUsd(micros: number): string {
  const text = (micros / 1_000_000).toFixed(6)
  const short = text.replace(/0{1,4}$/, '')
  return `$${short}`
}
