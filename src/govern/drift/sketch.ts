/**
 * Quantiles of what was never kept, from counts in fixed buckets whose bounds grow by a constant factor: any two sketches are put
 * together by adding, and a quantile is within 5 % of a value that was really there. The buckets are those of Masson, Rim and
 * Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019.
 */
const ACCURACY = 0.05
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LN_GAMMA = Math.log(GAMMA)

/** The bucket of a value; all below 1 share bucket 0. */
export function bucketOf(value: number): number {
  return value <= 1 ? 0 : Math.ceil(Math.log(value) / LN_GAMMA)
}

/** What stands for all values of a bucket: nowhere further from one than the accuracy. */
export function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : (2 * GAMMA ** bucket) / (GAMMA + 1)
}

/** The value below which a share of them lies; null where there is none. */
export function quantile(buckets: ReadonlyMap<number, number>, share: number): number | null {
  const sorted = [...buckets].sort(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return null
  const rank = share * (total - 1)
  let below = 0
  for (const [bucket, count] of sorted) {
    below += count
    if (below > rank) return middleOf(bucket)
  }
  return middleOf(sorted.at(-1)?.[0] ?? 0)
}
