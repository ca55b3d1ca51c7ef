import type { Ledger } from '../../src/core/ledger.js'
import { windowStart } from '../../src/core/meters.js'
import type { Answer, Op, SettleOp } from '../../src/core/ops.js'
import { BreakerTable } from '../../src/ledger/memory/breaker-table.js'
import type { Effect } from '../../src/ledger/memory/effects.js'
import { Effects } from '../../src/ledger/memory/effects.js'
import { ledgerOf } from '../../src/ledger/memory/ledger.js'
import type { OpenBegin } from '../../src/ledger/memory/runs.js'
import type { Store } from '../../src/ledger/memory/store.js'
import { WorkerTable } from '../../src/ledger/memory/workers.js'
import { digestOf } from '../../src/testing/conformance/hand.js'
import { breakerCommands, type commands } from './commands.js'

type ApplyOne = (op: Op, store: Store, honest: (op: Op) => Promise<Answer>) => Promise<Answer>

/** A ledger with one rule broken, and the clause that forbids it. */
export interface Sabotage {
  readonly name: string
  readonly clause: string
  /** Where it shows; default any night. */
  readonly nights?: typeof commands
  /** The broken ledger over a fresh store. */
  over(store: Store): Ledger
}

/** Breaks a rule by standing before apply. */
export function before(name: string, clause: string, applyOne: ApplyOne): Sabotage {
  const over = (store: Store): Ledger => {
    const ledger = ledgerOf(store)
    const honest = async (op: Op): Promise<Answer> => (await ledger.apply([op]))[0] ?? { code: 'no_run', at: 0 }
    const apply = async (ops: readonly Op[]) => {
      const answers: Answer[] = []
      for (const op of ops) answers.push(await applyOne(op, store, honest))
      return answers
    }
    return { ...ledger, apply }
  }
  return { name, clause, over }
}

const openOf = (store: Store, op: SettleOp): OpenBegin | undefined => store.runs.byId.get(op.runId)?.open.get(op.ref)

const twinBeforeFence = before(
  'twin before fence',
  'a twin under an old fence is fenced: the fence is looked at first',
  async (op, store, honest) => {
    const run = store.runs.byId.get(op.runId)
    const entry = run?.entries[op.seq - 1]
    const twin = run?.state === 'running' && entry?.kind === op.kind && entry.digest === digestOf(op)
    return honest(twin ? { ...op, fence: run.fence } : op)
  },
)

const staleSettleDropped = before(
  'stale settle dropped',
  'a settle under an old fence is kept as evidence, and the holder has mail',
  async (op, store, honest) => {
    const stale = op.kind === 'settle' && op.fence !== store.runs.byId.get(op.runId)?.fence
    return stale ? { code: 'fenced', at: store.now() } : honest(op)
  },
)

const doubtWithoutAttemptCheck = before(
  'doubt without attempt check',
  'a doubt is resolved only by who saw its attempt and evidence',
  async (op, store, honest) => {
    const run = store.runs.byId.get(op.runId)
    if (op.kind !== 'settle' || !run) return honest(op)
    const row = store.effects.at(run.admission.tenant, openOf(store, op)?.effect, op.runId, op.ref)
    return honest(row ? { ...op, saw: row } : op)
  },
)

const reservationLeaked = before(
  'reservation leaked on settle',
  'settling turns the reservation into what was used',
  async (op, store, honest) => {
    const begin = op.kind === 'settle' ? openOf(store, op) : undefined
    const answer = await honest(op)
    if (answer.code !== 'ok') return answer
    for (const { stamped, gauge } of begin?.charges ?? []) if (stamped.kind === 'sum') gauge.reserved += stamped.amount
    return answer
  },
)

const windowPickedAtSettle = before(
  'window picked at settle',
  'a charge is settled in the window that granted it',
  async (op, store, honest) => {
    const begin = op.kind === 'settle' ? openOf(store, op) : undefined
    for (const charge of begin?.charges ?? []) {
      const { stamped } = charge
      const window = windowStart(stamped.per, store.now())
      if (stamped.at === 'run' || window === stamped.window) continue
      Object.assign(charge, { gauge: store.meters.shared(stamped, window) })
    }
    return honest(op)
  },
)

/** What was open in each store, so that it can be settled again. */
const closedIn = new WeakMap<Store, Map<string, OpenBegin>>()

const settleWithoutOpenBegin = before(
  'settle that needs no open begin',
  'only an open begin can be settled, and once',
  async (op, store, honest) => {
    const run = store.runs.byId.get(op.runId)
    if (op.kind !== 'settle' || !run) return honest(op)
    const closed = closedIn.get(store) ?? new Map<string, OpenBegin>()
    closedIn.set(store, closed)
    const begin = openOf(store, op)
    if (begin) closed.set(`${op.runId} ${op.ref}`, begin)
    const again = closed.get(`${op.runId} ${op.ref}`)
    const current = op.fence === run.fence && op.seq === run.entries.length + 1
    if (!begin && again && current) run.open.set(op.ref, again)
    return honest(op)
  },
)

const mailWakesRunning = before(
  'event sets due_at of a running run',
  'a settle under an old fence is kept as evidence, and the holder has mail',
  async (op, store, honest) => {
    const run = store.runs.byId.get(op.runId)
    const mailed = run?.mail.length
    const answer = await honest(op)
    if (run && run.mail.length !== mailed) store.runs.setDue(run, store.now())
    return answer
  },
)

const rowOf = (store: Store, op: Op, of: { tool: string; key: string } | undefined): Effect | undefined =>
  of && store.effects.get(store.runs.byId.get(op.runId)?.admission.tenant ?? '', of.tool, of.key)

const freedDespiteReceipt = before(
  'a key gets free although an attempt at it is known to have acted',
  'a key is not freed by a later attempt once an earlier one is known to have acted',
  async (op, store, honest) => {
    const row = op.kind === 'settle' ? rowOf(store, op, openOf(store, op)?.effect ?? undefined) : undefined
    if (row && op.kind === 'settle' && op.did === 'not_performed') row.acted = null
    return honest(op)
  },
)

const undoneAtBegin = before(
  'an undo frees the key when it begins',
  'nothing but a confirmed undo frees the key',
  async (op, store, honest) => {
    const answer = await honest(op)
    const row = op.kind === 'begin' && answer.code === 'ok' ? rowOf(store, op, op.effect?.undoes) : undefined
    if (row?.state === 'performed') Object.assign(row, { state: 'free', undone: row.attempt })
    return answer
  },
)

const undoneWhateverStands = before(
  'an undo frees what was confirmed after it had begun',
  'an undo takes back what was confirmed when it was first begun, and nothing later',
  async (op, store, honest) => {
    const { effect } = (op.kind === 'settle' && openOf(store, op)) || {}
    const row = rowOf(store, op, effect?.undoes)
    if (effect?.undoes && row) Object.assign(effect, { undoes: { ...effect.undoes, attempt: row.attempt } })
    return honest(op)
  },
)

const auditLeavesToNobody = before(
  'an audit leaves a run to nobody',
  'an audit with something open that names no time and asks nobody is due at once',
  async (op, store, honest) => {
    const answer = await honest(op)
    const run = store.runs.byId.get(op.runId)
    const unnamed = op.kind === 'audit' && op.dueAt === null && !op.escalations && op.mailSeen === undefined
    if (run && unnamed && answer.code === 'ok') store.runs.setDue(run, null)
    return answer
  },
)

/** A clock that stands still, as that of a worker which was stopped does. */
class LocalLeases extends WorkerTable {
  override live(workerId: number | null): ReturnType<WorkerTable['live']> {
    return super.live(workerId, 0)
  }
}

const leaseByLocalClock: Sabotage = {
  name: 'lease by local clock',
  clause: 'a begin needs the lease, not the fence alone',
  over: (store) => ledgerOf(Object.assign(store, { workers: new LocalLeases() })),
}

/** Effect rows of all tenants in one. */
class TenantlessEffects extends Effects {
  override get(_tenant: string, tool: string, key: string): Effect | undefined {
    return super.get('', tool, key)
  }

  override take(next: Parameters<Effects['take']>[0]): Effect {
    return Object.assign(super.take({ ...next, tenant: '' }), { tenant: next.tenant })
  }
}

const keyWithoutTenant: Sabotage = {
  name: 'key without tenant',
  clause: 'a key belongs to its tenant and tool',
  over: (store) => ledgerOf(Object.assign(store, { effects: new TenantlessEffects() })),
}

/** Probes without end. */
class EndlessProbes extends BreakerTable {
  override probe(...asked: Parameters<BreakerTable['probe']>): ReturnType<BreakerTable['probe']> {
    const probe = super.probe(...asked)
    const row = this.rows.get(asked[0])
    if (probe && row) this.rows.set(row.key, { ...row, probes: row.probes + 1 })
    return probe
  }
}

const probesWithoutBound: Sabotage = {
  name: 'probes without a bound',
  clause: 'after its cool-down a few probes are let through, and no more',
  nights: breakerCommands,
  over: (store) => ledgerOf(Object.assign(store, { breakers: new EndlessProbes() })),
}

const probeForARefusal: Sabotage = {
  name: 'a refused begin takes a probe',
  clause: 'a begin that is refused for another reason takes no probe',
  nights: breakerCommands,
  over: (store) => {
    const ledger = ledgerOf(store)
    const apply = async (ops: readonly Op[]) => {
      const answers = await ledger.apply(ops)
      ops.forEach((op, i) => {
        const { code, at } = answers[i] ?? { code: 'no_run', at: 0 }
        const isRefused = op.kind === 'begin' && op.breaker !== undefined && code === 'ceiling'
        if (isRefused && !store.breakers.barring(op.breaker, at)) store.breakers.probe(op.breaker, at, at)
      })
      return answers
    }
    return { ...ledger, apply }
  },
}

export const SABOTAGES: readonly Sabotage[] = [
  probesWithoutBound,
  probeForARefusal,
  twinBeforeFence,
  staleSettleDropped,
  doubtWithoutAttemptCheck,
  reservationLeaked,
  keyWithoutTenant,
  windowPickedAtSettle,
  settleWithoutOpenBegin,
  mailWakesRunning,
  leaseByLocalClock,
  freedDespiteReceipt,
  undoneAtBegin,
  undoneWhateverStands,
  auditLeavesToNobody,
]
