import type { Ledger } from '../../src/core/ledger.js'

/**
 * A ledger whose client can stand still, or be as good as dead: nothing that it writes arrives until it goes on, and it
 * claims no more. What was on its way to it still arrives.
 */
export function stalling(ledger: Ledger) {
  let moving: Promise<void> | null = null
  let go: () => void = () => undefined
  const stall = () => {
    moving = new Promise((resolve) => {
      go = resolve
    })
  }
  const resume = () => {
    moving = null
    go()
  }
  const stalled: Ledger = {
    ...ledger,
    apply: async (ops) => {
      await moving
      return ledger.apply(ops)
    },
    claim: async (p) => (moving === null ? ledger.claim(p) : []),
  }
  return { ledger: stalled, stall, resume }
}
