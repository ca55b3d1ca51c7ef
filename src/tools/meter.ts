import { MidwatchError } from '../core/errors.js'
import { BUILT_IN_METERS, type MeterUnit } from '../core/meters.js'
import { countOf, dollarsToMicros, showUsd } from '../core/money.js'

/** Something counted that tools charge. In a tool's `meters` the amount is in the declared unit: dollars for `usd`. */
export interface Meter<N extends string = string, U extends MeterUnit = MeterUnit> {
  readonly name: N
  readonly unit: U
}

const declared = new Map<string, MeterUnit>()

/** Declares a meter. Throws `invalid_definition` for a name that is taken, or the same name with another unit. */
export function meter<const N extends string, const U extends MeterUnit>(name: N, unit: U): Meter<N, U> {
  const before = declared.get(name)
  if (before !== undefined && before !== unit) throw wrong(name, `it is declared already, in ${before}`)
  checkMeterName(name)
  declared.set(name, unit)
  return { name, unit }
}

/** Throws `invalid_definition` for a name under which nothing of a tool's can be counted. */
export function checkMeterName(name: string): void {
  if (Object.hasOwn(BUILT_IN_METERS, name) || name === 'deadline') throw wrong(name, 'the runtime counts this itself')
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw wrong(name, 'use lower-case letters, digits and _')
}

function wrong(name: string, why: string): MidwatchError {
  return new MidwatchError('invalid_definition', `Meter '${name}': ${why}; choose another name, such as 'refund_usd'.`)
}

/** Unit of a meter; names that were never declared count pieces. */
export function meterUnit(name: string): MeterUnit {
  return name === 'usd' ? 'usd' : (declared.get(name) ?? 'count')
}

/** What a model is told of a ceiling without room, in the unit that its tools are called with: money in dollars. */
export function noRoomText({ meter, used, limit }: { meter: string; used: number; limit: number }): string {
  const of = (amount: number) => (meterUnit(meter) === 'usd' ? showUsd(amount) : String(amount))
  return `Refused: the ceiling on ${meter} has no room for this (${of(used)} of ${of(limit)} used). Nothing was done.`
}

/** What a tool said, in the meter's smallest unit. Throws `meter_amount_invalid`: NaN or a negative would make room. */
export function smallestUnit(name: string, amount: number): number {
  return meterUnit(name) === 'usd' ? dollarsToMicros(amount, name) : countOf(amount, name)
}
