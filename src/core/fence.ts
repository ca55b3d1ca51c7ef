/** A fence is incarnation · 2^40 + counter: one safe integer, whose claims count up from 1 within an incarnation of the ledger. */
export const FENCES_PER_INCARNATION = 2 ** 40

export function incarnationOf(fence: number): number {
  return Math.floor(fence / FENCES_PER_INCARNATION)
}
