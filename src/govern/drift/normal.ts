/** Coefficients of Acklam's rational approximation of the normal quantile, 2003: relative error below 1.2e-9. */
const A = [
  -39.6968302866538, 220.946098424521, -275.928510446969, 138.357751867269, -30.6647980661472, 2.50662827745924,
]
const B = [-54.4760987982241, 161.585836858041, -155.698979859887, 66.8013118877197, -13.2806815528857]
const C = [
  -0.00778489400243029, -0.322396458041136, -2.40075827716184, -2.54973253934373, 4.37466414146497, 2.93816398269878,
]
const D = [0.00778469570904146, 0.32246712907004, 2.445134137143, 3.75440866190742]
const LOW = 0.02425

const polynomial = (by: readonly number[], x: number): number => by.reduce((sum, one) => sum * x + one, 0)

/** The normal deviate below which a share lies; cut at ±8, beyond which no share tells anything. */
export function normalQuantile(share: number): number {
  if (share <= 1e-15) return -8
  if (share >= 1 - 1e-15) return 8
  if (share < LOW) return tail(share)
  if (share > 1 - LOW) return -tail(1 - share)
  const r = share - 0.5
  return (polynomial(A, r * r) * r) / polynomial([...B, 1], r * r)
}

function tail(share: number): number {
  const q = Math.sqrt(-2 * Math.log(share))
  return polynomial(C, q) / polynomial([...D, 1], q)
}

/** A deviate of Student's t as the normal one of the same probability. Wallace, Annals of Mathematical Statistics 30, 1959. */
export function normalOfT(t: number, freedom: number): number {
  const size = ((8 * freedom + 1) / (8 * freedom + 3)) * Math.sqrt(freedom * Math.log1p((t * t) / freedom))
  return Math.sign(t) * size
}

/** ln Γ(x) for x > 0, by Stirling's series once x is large enough. */
export function lnGamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < 8; at += 1) shift += Math.log(at)
  const inverse = 1 / (at * at)
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift
}
