import type { Ledger } from '../../core/ledger.js'
import type { Answer, Op } from '../../core/ops.js'
import { ledgerOf } from '../../ledger/memory/ledger.js'
import { Store } from '../../ledger/memory/store.js'

export const KEY_SECRET = 'rehearsal'

/** The ledger of one case, in reach of everybody, and what the simulation must know of it. */
export class Ground {
  readonly store: Store
  readonly ledger: Ledger
  /** Raised by whatever a service finds only when it looks, and what is not seen from due times and leases. */
  news = 0

  constructor(
    clock: { now(): number },
    wrote: (ops: readonly Op[], answers: readonly Answer[]) => void,
    make: (store: Store) => Ledger = ledgerOf,
  ) {
    this.store = new Store({ clock, secret: KEY_SECRET })
    const inner = make(this.store)
    const changes = <P, T>(work: (p: P) => Promise<T>) => {
      return (p: P) => {
        this.news += 1
        return work(p)
      }
    }
    this.ledger = {
      ...inner,
      engage: changes(inner.engage),
      release: changes(inner.release),
      setCeiling: changes(inner.setCeiling),
      apply: async (ops) => {
        // What parks under a switch that ends it is found by whoever sweeps.
        if (this.store.switches.list().some(({ engaged, mode }) => engaged && mode === 'end')) this.news += 1
        const answers = await inner.apply(ops)
        wrote(ops, answers)
        return answers
      },
    }
  }

  /** True when every run has ended and no doubt is left. */
  get atRest(): boolean {
    for (const run of this.store.runs.byId.values()) if (run.state !== 'ended' || run.open.size > 0) return false
    return true
  }

  /** When a session gives up numbers that are missing, a run is next due, or its holder's lease is over, where that holder will not keep it. */
  nextDue(now: number, keeps: (workerId: number) => boolean): number {
    const { runs, workers, sessions } = this.store
    let next = Number.POSITIVE_INFINITY
    for (const { gapDueAt } of sessions.all()) next = Math.min(next, gapDueAt ?? next)
    for (const { dueAt } of runs.pending) next = Math.min(next, dueAt ?? next)
    for (const { workerId } of runs.held) {
      if (workerId === null) continue
      const live = workers.live(workerId, now)
      if (live && keeps(workerId)) continue
      next = Math.min(next, live?.leaseUntil ?? now)
    }
    return next
  }
}
