/** How often values of about this size came up: three leading digits are kept, so that histograms merge and stay small. */
export type Histogram = Record<string, number>

export function count(into: Histogram, value: number, times = 1): void {
  const key = String(rounded(value))
  into[key] = (into[key] ?? 0) + times
}

export function mergeHistogram(into: Histogram, from: Histogram): void {
  for (const [key, times] of Object.entries(from)) into[key] = (into[key] ?? 0) + times
}

/** Values with their counts, from the smallest. */
export function valuesOf(histogram: Histogram): { readonly value: number; readonly times: number }[] {
  return Object.entries(histogram)
    .map(([value, times]) => ({ value: Number(value), times }))
    .sort((a, b) => a.value - b.value)
}

/** The value that `share` of all values do not pass; null where there is none. */
export function quantile(histogram: Histogram, share: number): number | null {
  const values = valuesOf(histogram)
  const wanted = Math.max(1, Math.ceil(share * total(histogram)))
  let seen = 0
  for (const { value, times } of values) {
    seen += times
    if (seen >= wanted) return value
  }
  return values.at(-1)?.value ?? null
}

export function total(histogram: Histogram): number {
  return Object.values(histogram).reduce((sum, times) => sum + times, 0)
}

function rounded(value: number): number {
  return Number.isInteger(value) && Math.abs(value) < 1_000 ? value : Number(value.toPrecision(3))
}
