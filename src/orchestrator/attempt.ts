import type { Charge } from '../core/meters.js'
import type { EffectClaim } from '../core/ops.js'
import { performTool } from './act.js'
import type { Activation } from './activation.js'
import { backoffUntil, counted } from './backoff.js'
import { refusedBegin } from './begin-refused.js'
import type { BeginDraft } from './book.js'
import { attemptCounts, stepCharges } from './charges.js'
import { breakerOf } from './containment.js'
import { clearDoubt, storedKey } from './doubt.js'
import { type Intent, type StepRecord, UNSURE } from './journal.js'
import type { Manner, Next } from './next.js'
import { outage, retryBarred } from './outage.js'
import { effectKey, keyAgain, lockNames, ownMeters, type Proposal, undoneKey } from './proposal.js'
import { failed, type StepResult } from './result.js'

/** Tries until the step has a result: each turn looks at the record, clears a doubt, waits, or makes one attempt. */
export async function attemptLoop(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  approval: string | null,
): Promise<StepResult> {
  let manner: Manner = { approval, again: null, resend: null }
  for (;;) {
    const next = await turnOf(run, record, p, manner)
    if (next === null) manner = { ...manner, resend: null }
    else if ('result' in next) return next.result
    else manner = { ...manner, ...next.manner }
  }
}

function turnOf(run: Activation, record: StepRecord, p: Proposal, manner: Manner): Next | Promise<Next> {
  if (record.final) return { result: record.final }
  run.dropped.heed(record.id)
  const last = record.intents.at(-1)
  if (last?.doubt && !last.settled && manner.resend === null) return clearDoubt(run, record, p, last)
  if (counted(record) >= p.spec.attempts && manner.resend === null) return giveUp(run, record)
  const until = backoffUntil(run.run.runId, record)
  if (until > run.now()) return run.wait({ step: record.id, until, waits: `retry:${record.id}` }).then(() => null)
  const dry = isRetry(record, manner) ? retryBarred(run, breakerOf.tool(p.spec.name)) : null
  if (dry) return outage(run, record, { ...dry, name: p.spec.name, args: p.args })
  return p.spec.lane === null ? attempt(run, record, p, manner) : inLane(p.spec.lane, run, record, p, manner)
}

/** Sending a doubt again is none: it takes the place of what was sent. */
const isRetry = (record: StepRecord, { resend }: Manner): boolean => resend === null && counted(record) > 0

async function giveUp(run: Activation, record: StepRecord): Promise<Next> {
  const why = record.intents.at(-1)?.settled?.body.fault
  const result = failed(why?.code ?? 'no_attempt_left', why?.message, 'tool')
  await run.book.note({ about: 'failed', step: record.id, final: result })
  return { result }
}

/** The lane is left before anything is waited for after a refusal. */
async function inLane(lane: string, run: Activation, record: StepRecord, p: Proposal, manner: Manner): Promise<Next> {
  const leave = await run.engine.lanes.enter(lane, run.signal)
  try {
    return await attempt(run, record, p, manner, leave)
  } finally {
    leave()
  }
}

async function attempt(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  manner: Manner,
  leave?: () => void,
): Promise<Next> {
  // Whatever stands behind it is made ready first: the time that takes would count against the attempt.
  if (p.spec.halted && record.intents.length > 0) await run.engine.outside.halted?.(p.spec)
  const key = p.spec.effect === 'read' ? '' : keyAgain(effectKey(run, p), manner.again)
  const draft = draftOf(run, record, p, manner, key)
  if (draft === null) return run.pastDeadline()
  const begun = await run.begin(draft)
  if (begun.granted) {
    const { intent, stop, boundMs, watch, probe } = begun
    const since = unsureSince(run, record, p, manner)
    if (since !== null) {
      run.doubt(intent, UNSURE, { since, message: 'The ledger has lost a part, in which this may have been done.' })
      return null
    }
    const adopted = manner.resend?.adopted ?? false
    const resent = manner.resend !== null
    return performTool(run, record, p, { intent, stop, boundMs, watch, probe, key, resent, adopted, absent: false })
  }
  if (isRetry(record, manner)) run.engine.containment.giveRetryBack(breakerOf.tool(p.spec.name))
  leave?.()
  return refusedBegin(run, record, p, begun)
}

/**
 * From when on this may have been done already, by an attempt that the ledger has lost; null where it was not. Looked at once a step:
 * what became of that doubt is known afterwards.
 */
function unsureSince({ run }: Activation, record: StepRecord, { spec }: Proposal, { resend }: Manner): number | null {
  const isNew = resend === null && record.intents.every(({ since }) => since === undefined)
  return isNew && spec.effect !== 'read' ? run.unsure : null
}

/** null when nothing is left of the deadline. */
function draftOf(run: Activation, record: StepRecord, p: Proposal, manner: Manner, key: string): BeginDraft | null {
  const { spec } = p
  const timeoutMs = Math.min(spec.timeoutMs, run.remainingMs() - 5)
  const breaker = run.engine.containment.breaker(breakerOf.tool(spec.name))
  if (timeoutMs <= 0) return null
  const before = supersededBy(record, manner)
  const first = record.intents.length === 0
  const charges = chargesOf(run, p, { first, timeoutMs, before })
  const claim = spec.effect === 'read' ? null : claimOf(run, p, key, manner)
  return {
    step: record.id,
    attempt: record.intents.length + 1,
    tool: spec.name,
    timeoutMs,
    settlesMs: spec.settlesMs,
    charges,
    locks: lockNames(p),
    ...(claim === null ? null : { effect: claim }),
    ...(before === null ? null : { supersedes: before.seq }),
    ...(manner.approval === null ? null : { approval: { id: manner.approval, args: p.args } }),
    ...(breaker === undefined ? null : { breaker }),
    // In the order in which it is written down: then it need not be put in order.
    body: {
      ...(manner.again === null ? null : { again: manner.again }),
      ...(manner.approval === null ? null : { approval: manner.approval }),
      ...(claim === null ? { args: p.args } : null),
      input: p.wire,
      name: spec.name,
      ...(p.said === undefined ? null : { said: p.said }),
      sort: 'tool',
    },
  }
}

/** Most tools charge no meters of their own: then a step costs at worst what the one before it did. */
function chargesOf(
  run: Activation,
  p: Proposal,
  { first, timeoutMs, before }: { first: boolean; timeoutMs: number; before: Intent | null },
): readonly Charge[] {
  const { name, lane, meters } = p.spec
  const { moves } = run.journal.stage
  const charges = () => {
    const counts = attemptCounts({ first, calls: 'tool_calls', activeMs: timeoutMs, before })
    return stepCharges(run, { ...counts, ...ownMeters(p) }, name, lane)
  }
  const isUsual = first && before === null && run.unwinding === null && Object.keys(meters).length === 0
  return isUsual ? run.usual.of({ name, lane, timeoutMs, moves }, run.engine.ceilings(), charges) : charges()
}

function supersededBy(record: StepRecord, manner: Manner): Intent | null {
  const seq = manner.resend?.supersedes
  return seq === undefined ? null : (record.intents.find((i) => i.seq === seq) ?? null)
}

function claimOf(run: Activation, p: Proposal, key: string, manner: Manner): EffectClaim {
  const stored = (of: { tool: string; key: string }) => ({
    ...of,
    key: storedKey(run.engine.keySecret, run.run.tenant, of.tool, of.key),
  })
  const undoes = undoneKey(run, p)
  const claim = {
    ...stored({ tool: p.spec.name, key }),
    args: p.args,
    ...(undoes && { undoes: stored(undoes) }),
  }
  const { resend } = manner
  return resend === null ? claim : { ...claim, saw: resend.saw, resend: resend.when }
}
