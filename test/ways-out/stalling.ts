import type { Ledger } from '../../src/core/ledger.js'

/** A ledger whose client can stand still: nothing it asks for arrives until it goes on. What it hears still arrives. */
export function stalling(ledger: Ledger) {
  let moving: Promise<void> = Promise.resolve()
  let go: () => void = () => undefined
  const stall = () => {
    moving = new Promise((resolve) => {
      go = resolve
    })
  }
  const stalled: Ledger = {
    ...ledger,
    apply: (ops) => moving.then(() => ledger.apply(ops)),
    // It claims no more: the run is for others.
    claim: async (p) => {
      const mine = moving
      await mine
      return ledger.claim(p)
    },
  }
  return { ledger: stalled, stall, resume: () => go() }
}
