import type { Ledger } from '../../../src/core/ledger.js'
import type { Charge } from '../../../src/core/meters.js'
import { windowEnd } from '../../../src/core/meters.js'
import { ledgerOf } from '../../../src/ledger/memory/ledger.js'
import { Locks } from '../../../src/ledger/memory/locks.js'
import { type Gauge, Meters } from '../../../src/ledger/memory/meters.js'
import type { Store } from '../../../src/ledger/memory/store.js'
import { Switches } from '../../../src/ledger/memory/switches.js'
import { before, SABOTAGES } from '../../ledger-model/sabotage.js'

/** Ledgers with one rule broken, over the store of a case. */
export type BrokenLedger = (store: Store) => Ledger

/** One of the ledger's own sabotages, which its model tests find too. */
export function ledgerSabotage(name: string): BrokenLedger {
  const found = SABOTAGES.find((one) => one.name === name)
  if (!found) throw new RangeError(`no sabotage '${name}'`)
  return (store) => found.over(store)
}

/** A begin under an old fence is written as if the fence were the present one. */
export const fenceUnchecked = before('fence not checked at begin', '', async (op, store, honest) => {
  const run = store.runs.byId.get(op.runId)
  const stale = op.kind === 'begin' && run?.state === 'running' && op.fence !== run.fence
  return honest(stale ? { ...op, fence: run.fence, seq: run.entries.length + 1 } : op)
}).over

/** A claim gives the run to the next worker and leaves the fence as it was. */
export const fenceKept: BrokenLedger = (store) => {
  const ledger = ledgerOf(store)
  return {
    ...ledger,
    claim: async (p) => {
      const fences = new Map([...store.runs.byId.values()].map((run) => [run.admission.runId, run.fence]))
      const claimed = await ledger.claim(p)
      return claimed.map((one) => {
        const fence = fences.get(one.run.runId) || one.run.fence
        const run = store.runs.byId.get(one.run.runId)
        if (run) run.fence = fence
        return { ...one, run: { ...one.run, fence } }
      })
    },
  }
}

/** How much later a switch is seen than it committed, ms. */
const LATE_MS = 400

/** A kill is looked at before its lock is had: a begin sees the switches of a moment ago. */
class LateSwitches extends Switches {
  constructor(private readonly now: () => number) {
    super()
  }

  override covering(scopes: readonly string[], tool: string | null = null) {
    const found = super.covering(scopes, tool)
    const row = this.list().find(({ scope }) => scope === found?.scope)
    return row && row.at + LATE_MS > this.now() ? null : found
  }
}

export const killSeenLate: BrokenLedger = (store) =>
  ledgerOf(Object.assign(store, { switches: new LateSwitches(() => store.now()) }))

/** A ceiling that looks at what was used, and not at what others have set aside. */
class BlindMeters extends Meters {
  override limitOf(charge: Charge): number | null {
    const limit = super.limitOf(charge)
    if (limit === null || charge.at === 'run') return limit
    const row = this.list(charge.scope).findLast(({ meter, per }) => meter === charge.meter && per === charge.per)
    return limit + (row?.reserved ?? 0)
  }
}

export const reservationsUnread: BrokenLedger = (store) => ledgerOf(Object.assign(store, { meters: new BlindMeters() }))

/** Every charge with a window falls into the one after. */
class NextWindow extends Meters {
  override shared(at: Pick<Charge, 'scope' | 'meter' | 'per'>, window: number): Gauge {
    return super.shared(at, windowEnd(at.per, window) ?? window)
  }
}

export const windowOffByOne: BrokenLedger = (store) => ledgerOf(Object.assign(store, { meters: new NextWindow() }))

/** Locks that nobody finds taken. */
class NoLocks extends Locks {
  override holder(): undefined {
    return undefined
  }
}

export const locksUnread: BrokenLedger = (store) => ledgerOf(Object.assign(store, { locks: new NoLocks() }))

/** A message of a session is worked at once, whoever is ahead of it. */
export const sessionsOvertaken: BrokenLedger = (store) => {
  const ledger = ledgerOf(store)
  return {
    ...ledger,
    admit: async (p) => {
      const admitted = await ledger.admit(p)
      const run = store.runs.byId.get(admitted.runId)
      if (run?.state === 'queued') store.makeDue(run, store.now())
      return admitted
    },
  }
}

/** What a provider did not say was used costs nothing. */
export const lostUsageFree = before('lost usage costs nothing', '', (op, _store, honest) =>
  honest(op.kind === 'settle' ? { ...op, used: op.used.map((used) => used ?? 0) } : op),
).over

/** A confirmed effect frees its key, as one that did not happen does. */
export const keyForgotten = before('a confirmed key is forgotten', '', async (op, store, honest) => {
  const run = store.runs.byId.get(op.runId)
  const effect = op.kind === 'settle' ? run?.open.get(op.ref)?.effect : null
  const answer = await honest(op)
  const row = run && effect ? store.effects.get(run.admission.tenant, effect.tool, effect.key) : undefined
  if (row?.state === 'performed') row.state = 'free'
  return answer
}).over
