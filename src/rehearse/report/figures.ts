import { showUsd } from '../../core/money.js'

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const

/** `12,345`. */
export function whole(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A length of time with one decimal in its largest unit: `340ms`, `4.2s`, `1.5h`; '' for none. */
export function took(ms: number | null): string {
  if (ms === null) return ''
  const [size, unit] = UNITS.find(([least]) => ms >= least) ?? [1, 'ms']
  return `${(ms / size).toFixed(1).replace(/\.0$/, '')}${unit}`
}

/** `1 strike`, `1,204 strikes`. */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : /ss$/.test(noun) ? 'es' : 's'}`
}

export function storiesText(count: number): string {
  return count === 1 ? 'one story' : `${whole(count)} stories`
}

/** `98.4%`; 100% only where it is all, and 0% only where it is none. */
export function share(part: number, all: number): string {
  if (all === 0) return ''
  const percent = (part / all) * 100
  if (part > 0 && percent < 0.1) return '<0.1%'
  return percent > 99.9 && part < all ? '99.9%' : `${percent.toFixed(1).replace(/\.0$/, '')}%`
}

/** A rate as a percentage with two digits that count: `0.024%`. */
export function rate(value: number): string {
  return `${Number((value * 100).toPrecision(2))}%`
}

export const dollars = (micros: number): string => showUsd(micros)
