/** From values to places on an axis. */
export interface Scale {
  at(value: number): number
  readonly ticks: readonly number[]
}

/** Whole powers of ten round all values; between them 2 and 5 where there are few. Values must be above 0. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  const place = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from)
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  const between = high - low > 2 ? [] : decades.slice(0, -1).flatMap((ten) => [2 * ten, 5 * ten])
  return { at: place, ticks: [...decades, ...between].sort((a, b) => a - b) }
}

const TICKS = 5

/** From 0 to a round number above all values. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
  const top = Math.max(...values, 0)
  const step = roundStep(top === 0 ? 1 : top / TICKS)
  const count = Math.max(1, Math.ceil(top / step - 1e-9))
  const place = (value: number) => from + (value / (count * step)) * (to - from)
  return { at: place, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) }
}

/** 1, 2 or 5 times a power of ten, not below what is asked. */
function roundStep(least: number): number {
  const ten = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map((digit) => digit * ten).find((step) => step >= least - 1e-9) ?? 10 * ten
}

/** Places moved apart until each has room, their order kept; they go down first, then up again from the end. */
export function spread(places: readonly number[], room: number, end: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))
  const moved = [...places]
  let least = Number.NEGATIVE_INFINITY
  for (const i of order) {
    moved[i] = Math.max(moved[i] ?? 0, least)
    least = (moved[i] ?? 0) + room
  }
  let most = end
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i] ?? 0, most)
    most = (moved[i] ?? 0) - room
  }
  return moved
}
