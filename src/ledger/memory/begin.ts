import type { EntryFacts, StampedCharge } from '../../core/entries.js'
import { LIMITS } from '../../core/limits.js'
import type { Charge } from '../../core/meters.js'
import type { Answer, BeginOp, EffectClaim } from '../../core/ops.js'
import { scopeOf } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import type { Effect } from './effects.js'
import { attemptToUndo } from './effects.js'
import type { Gauge, Placed } from './meters.js'
import { giveBack, placeOf, reserve, roomFor } from './meters.js'
import type { OpenBegin } from './runs.js'
import { type Run, runMeter } from './runs.js'
import type { Writing } from './writing.js'
import { enter } from './writing.js'

/** Grants an intent, or says by the first rule that stands in its way. Nothing is changed before all of them hold. */
export function begin(writing: Writing, op: BeginOp): Answer {
  const { store, run, at } = writing
  if (!store.workers.live(run.workerId, at)) return { code: 'lease_lost', at }
  const { switched, ...rest } = covered(writing, op)
  if (switched) return { ...rest, code: 'switched', at }
  if (at + op.timeoutMs > run.deadlineAt) return { code: 'deadline', at }
  const superseded = op.supersedes === undefined ? null : run.open.get(op.supersedes)
  if (op.supersedes !== undefined && !canSupersede(superseded, op)) return { code: 'not_open', at }
  const effect = op.effect && effectInTheWay(writing, op, op.effect)
  if (effect) return { at, ...effect }
  const lock = undoInTheWay(writing, op) ?? lockInTheWay(writing, op)
  if (lock) return { at, ...lock }
  if (!writing.store.escalations.allows(run, op)) return { code: 'unapproved', at }
  const placed = place(writing, op)
  if (!placed) return { code: 'no_run', at }
  const meter = meterInTheWay(writing, placed, superseded ?? null)
  if (meter) return { code: 'ceiling', at, meter }
  const barred = op.breaker === undefined ? null : store.breakers.barring(op.breaker, at)
  if (barred) return { code: 'breaker_open', at, breaker: barred }
  return grant(writing, op, placed, superseded ?? null)
}

/** A kill covers the run by its scopes, and this step by its tool. */
function covered({ store, run }: Writing, op: BeginOp) {
  const found = store.covering(run, op.tool)
  return found ? { switched: true, scope: found.scope, mode: found.mode } : { switched: false }
}

/** Only a begin in doubt of the very same effect may be sent again in place of itself. */
function canSupersede(begin: OpenBegin | null | undefined, op: BeginOp): boolean {
  const { effect, inDoubt } = begin ?? {}
  return inDoubt === true && !!effect && effect.tool === op.effect?.tool && effect.key === op.effect.key
}

/** The row's standing goes with the refusal, so that the caller knows what it would have to see. */
function effectInTheWay(writing: Writing, op: BeginOp, claim: EffectClaim): Omit<Answer, 'at'> | null {
  const { store, run, at } = writing
  const row = store.effects.get(run.admission.tenant, claim.tool, claim.key)
  const code = effectRefusal(writing, op, claim, row, at)
  if (code === null || !row) return code === null ? null : { code }
  const { runId, seq, actsUntil, attempt, evidence, acted } = row
  const by = code === 'performed' && acted ? acted : { runId, seq }
  return { code, holder: { runId: by.runId, seq: by.seq }, actsUntil, attempt, evidence }
}

/** The rules of an effect row, one after the other; null when it may be taken. */
function effectRefusal(
  writing: Writing,
  op: BeginOp,
  claim: EffectClaim,
  row: Effect | undefined,
  at: EpochMs,
): 'moved' | 'key_conflict' | 'performed' | 'under_way' | 'in_doubt' | null {
  if (!row || row.state === 'free') return claim.saw ? 'moved' : null
  if (row.args !== claim.args) return 'key_conflict'
  if (row.state !== 'doubt') return row.state
  // Nothing that surely acted is sent again: its owner settles it, others are given what it did.
  if (row.acted) return row.runId === op.runId ? 'moved' : 'performed'
  if (!claim.saw) return 'in_doubt'
  if (claim.saw.attempt !== row.attempt || claim.saw.evidence !== row.evidence) return 'moved'
  const early = claim.resend !== 'early' && at < row.actsUntil
  return ownsDoubt(writing, op, row) && !early ? null : 'in_doubt'
}

/** A doubt belongs to the run it arose in; when that has ended, whoever comes first adopts it. */
function ownsDoubt({ store }: Writing, op: BeginOp, row: Effect): boolean {
  if (row.runId === op.runId) return op.supersedes === row.seq
  return store.runs.byId.get(row.runId)?.state === 'ended'
}

/** What is to be taken back must be known: not while an attempt at it is open. */
function undoInTheWay({ store, run }: Writing, op: BeginOp): Omit<Answer, 'at'> | null {
  const { undoes } = op.effect ?? {}
  const row = undoes && store.effects.get(run.admission.tenant, undoes.tool, undoes.key)
  if (row?.state === 'under_way' || row?.state === 'doubt')
    return { code: 'locked', lock: `undoes:${row.tool}`, holder: { runId: row.runId, seq: row.seq } }
  if (undoes?.attempt === undefined || op.effect?.saw) return null
  return row?.state === 'performed' && row.attempt === undoes.attempt ? null : { code: 'gone' }
}

/** Sorted, so that everyone is told of the same lock first. */
function lockInTheWay({ store, run }: Writing, op: BeginOp): Omit<Answer, 'at'> | null {
  for (const lock of [...(op.locks ?? [])].sort()) {
    const holder = store.locks.holder(run.admission.tenant, lock)
    if (!holder || (holder.runId === op.runId && holder.seq === op.supersedes)) continue
    return { code: 'locked', lock, holder }
  }
  return null
}

/** Windows are picked here, by the ledger's own time. null when a charge names a run that is not above this one. */
function place({ store, run, at }: Writing, op: BeginOp): Placed[] | null {
  const owners = op.charges.map((charge) => ownerOf(run, charge))
  if (owners.includes(undefined)) return null
  return op.charges.map((charge, i) => {
    const window = placeOf(charge, at)
    const owner = owners[i]
    const gauge: Gauge = owner ? runMeter(owner, charge.meter) : store.meters.shared(charge, window)
    return { charge, gauge, window }
  })
}

/** The run whose own meter is charged; null for a shared one. */
function ownerOf(run: Run, { at, scope }: Charge): Run | null | undefined {
  if (at === 'run') return run
  return at === 'shared' ? null : run.kin.ancestors.find((one) => scopeOf.run(one.admission.runId) === scope)
}

/** The first charge without room. What a superseded begin still holds is about to be given back. */
function meterInTheWay({ store, at }: Writing, placed: Placed[], superseded: OpenBegin | null): Answer['meter'] | null {
  for (const [i, one] of placed.entries()) {
    let freed = 0
    for (const { stamped, gauge } of superseded?.charges ?? []) {
      if (gauge === one.gauge && stamped.kind !== 'peak') freed += stamped.amount
    }
    const full = roomFor(one, store.meters.limitOf(one.charge), placed.slice(0, i), freed, at)
    if (full) return full
  }
  return null
}

type OpenEffect = NonNullable<OpenBegin['effect']>

/** From here on nothing can refuse: all of it is written, without awaiting. */
function grant(writing: Writing, op: BeginOp, placed: Placed[], superseded: OpenBegin | null): Answer {
  const { store, run, at } = writing
  const { tenant } = run.admission
  const actsUntil = at + op.timeoutMs + LIMITS.grace_ms + op.settlesMs
  if (superseded) release(writing, superseded)
  const charges = placed.map((one) => ({ stamped: reserve(one), gauge: one.gauge }))
  const effect = op.effect ? takeEffect(writing, op, op.effect, actsUntil) : null
  const locks = [...new Set(op.locks ?? [])].sort()
  store.locks.take(tenant, locks, { runId: op.runId, seq: op.seq })
  if (op.approval) store.escalations.use(op.approval.id, op.step)
  run.open.set(op.seq, {
    seq: op.seq,
    inDoubt: false,
    effect,
    locks,
    charges,
  })
  const stamped = charges.map((one) => one.stamped)
  const probe = op.breaker === undefined ? null : store.breakers.probe(op.breaker, at, actsUntil)
  const facts = factsOf(op, actsUntil, stamped, locks, effect)
  enter(writing, op, probe ? { ...facts, probe } : facts)
  const mark = { ...(effect && { attempt: effect.attempt }), ...(probe && { probe: probe.revision }) }
  return { code: 'ok', at, actsUntil, ...mark }
}

/** The row is this attempt's from here on; what it stands for is written down with it. */
function takeEffect({ store, run }: Writing, op: BeginOp, claim: EffectClaim, actsUntil: EpochMs): OpenEffect {
  const { tenant } = run.admission
  const { tool, key, args, undoes, resend } = claim
  const row = store.effects.get(tenant, tool, key)
  const lost = row?.state === 'doubt' ? store.runs.byId.get(row.runId)?.entries[row.seq - 1] : undefined
  const target = undoes && store.effects.get(tenant, undoes.tool, undoes.key)
  const undone = undoes && { ...undoes, attempt: attemptToUndo(claim, target, lost ? (lost.facts.effect ?? {}) : null) }
  const { attempt } = store.effects.take({ tool, key, args, tenant, runId: op.runId, seq: op.seq, actsUntil })
  return { tool, key, args, attempt, ...(resend === 'early' && { resend }), ...(undone && { undoes: undone }) }
}

/** The superseded begin hands over what it held: its key is taken by the new attempt, the rest is given back. */
function release({ store, run }: Writing, begin: OpenBegin): void {
  for (const { stamped, gauge } of begin.charges) giveBack(stamped, gauge)
  store.locks.free(run.admission.tenant, begin.locks, run.admission.runId, begin.seq)
  run.open.delete(begin.seq)
}

/** What the journal alone must tell later; what is not there is left out, not null. */
function factsOf(
  op: BeginOp,
  actsUntil: EpochMs,
  charges: readonly StampedCharge[],
  locks: readonly string[],
  effect: OpenEffect | null,
): EntryFacts {
  const { step, attempt, tool, supersedes, approval } = op
  return {
    step,
    attempt,
    ...(tool !== null && { tool }),
    actsUntil,
    charges,
    ...(effect && { effect }),
    ...(locks.length > 0 && { locks }),
    ...(supersedes !== undefined && { supersedes }),
    ...(approval !== undefined && { approval: approval.id }),
  }
}
