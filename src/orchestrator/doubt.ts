import { hmac } from '../core/digest.js'
import type { EffectRow } from '../core/effect-row.js'
import { type JsonValue, toJson } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import { backoffMs } from '../models/fallback.js'
import { check } from '../tools/schema.js'
import type { Found, ToolSpec } from '../tools/tool.js'
import type { Activation } from './activation.js'
import { counted, steadyChance } from './backoff.js'
import { callOf } from './call.js'
import { askPerson, inTime } from './escalated.js'
import type { Intent, StepRecord } from './journal.js'
import type { Next } from './next.js'
import { effectKey, keyAgain, type Proposal } from './proposal.js'
import { knownOf, type Verdict } from './receipt.js'
import { completed, failed } from './result.js'

/** What can be known of a doubt without sending anything or asking anybody. */
export type Seen =
  | { readonly known: 'gone' }
  | { readonly known: 'early' | 'unknown'; readonly row: EffectRow }
  | {
      readonly known: 'decided'
      readonly did: 'performed' | 'not_performed'
      readonly output: JsonValue
      readonly source: string
      readonly row: EffectRow
    }

/** A late receipt, or the tool's own check once it can no longer be acting. For runs that have ended. */
export async function lookAgain(run: Activation, spec: ToolSpec | null, intent: Intent): Promise<Seen> {
  const row = await effectRow(run, intent)
  if (row === null) return { known: 'gone' }
  const receipt = await known(run, intent, row)
  if (receipt) return { known: 'decided', output: null, ...receipt, source: 'evidence', row }
  if (run.now() < row.actsUntil) return { known: 'early', row }
  if (!spec?.check) return { known: 'unknown', row }
  const input = await check(spec.input, intent.body.input)
  const asks = input.ok && hasItsKey(run, { spec, input: input.value }, intent)
  const found = asks ? await runCheck(run, { spec, input: input.value }, intent) : { did: 'unknown' as const }
  if (found.did === 'happen')
    return { known: 'decided', did: 'performed', output: toJson(found.result), source: 'check', row }
  return found.did === 'not_happen' && !intent.contradicted
    ? { known: 'decided', did: 'not_performed', output: null, source: 'check', row }
    : { known: 'unknown', row }
}

/**
 * An attempt may have acted. A receipt that came late is looked at first; then, by class: sent again under the same key,
 * checked, or handed to a person. Never before it can no longer be acting, except where that is safe.
 */
export async function clearDoubt(run: Activation, record: StepRecord, p: Proposal, intent: Intent): Promise<Next> {
  const row = await effectRow(run, intent)
  if (row === null) return null
  const receipt = await known(run, intent, row)
  if (receipt) return decided(run, record, p, intent, row, receipt, 'evidence')
  const { effect, concurrent } = p.spec
  const forgets = firstSent(record, intent) + p.spec.keyRememberedMs
  // Other arguments were found to have acted under this key: what became of these only a person can say.
  if (row.acted !== null) return person(run, record, p, intent, row)
  const again = effect === 'keyed' && counted(record) < p.spec.attempts && run.now() + longestMs(p.spec) < forgets
  if (again) return resend(run, record, intent, row, concurrent)
  if (effect === 'checked') return checkIt(run, record, p, intent, row)
  return person(run, record, p, intent, row)
}

/** How long a call that is sent now may still be acting: by then its provider must know the key. */
export function longestMs({ timeoutMs, settlesMs }: ToolSpec): number {
  return timeoutMs + LIMITS.grace_ms + settlesMs
}

/** When the attempt that is in doubt was sent, or the first of those in whose place it stands: the key is as old as that. */
function firstSent(record: StepRecord, intent: Intent): number {
  const place = record.intents.indexOf(intent)
  const settled = record.intents.findLastIndex((i, n) => n < place && !i.superseded)
  const first = record.intents[settled + 1] ?? intent
  return Math.min(first.at, first.since ?? first.at)
}

/** The effect row, while it is still this run's to decide. */
async function effectRow(run: Activation, intent: Intent): Promise<EffectRow | null> {
  if (!intent.effect) return null
  const row = await rowOf(run, intent)
  if (row && row.runId === run.run.runId && row.seq === intent.seq) return row
  run.settle(intent, 'failed', { fault: { code: 'taken_over' } }, () => null)
  return null
}

async function rowOf({ run, engine }: Activation, { effect }: Intent): Promise<EffectRow | null> {
  return effect ? engine.ledger.effect({ tenant: run.tenant, tool: effect.tool, key: effect.key }) : null
}

const known = (run: Activation, intent: Intent, row: EffectRow): Promise<Verdict | null> =>
  knownOf(run.engine.ledger, run.run.runId, intent, row)

async function resend(
  run: Activation,
  record: StepRecord,
  intent: Intent,
  row: EffectRow,
  concurrent: boolean,
): Promise<Next> {
  const chance = steadyChance(`${run.run.runId}|${record.id}|${intent.attempt}`)
  const soon = intent.at + backoffMs(Math.max(1, counted(record)), chance)
  const until = concurrent ? soon : Math.max(soon, row.actsUntil)
  if (run.now() < until) {
    await run.wait({ step: record.id, until, waits: `doubt:${record.id}` })
    return null
  }
  const saw = { attempt: row.attempt, evidence: row.evidence }
  const { again = null, approval = null } = intent.body
  return { manner: { again, approval, resend: { supersedes: intent.seq, saw, when: concurrent ? 'early' : 'late' } } }
}

async function checkIt(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  intent: Intent,
  row: EffectRow,
): Promise<Next> {
  if (run.now() < row.actsUntil) {
    await run.wait({ step: record.id, until: row.actsUntil, waits: `doubt:${record.id}` })
    return null
  }
  const tries = record.notes.filter(
    (n) => n.about === 'checked' && (n.detail as { ref?: number }).ref === intent.seq,
  ).length
  if (tries >= LIMITS.check_attempts) return person(run, record, p, intent, row)
  const found = await runCheck(run, p, intent)
  if (found.did === 'happen')
    return decided(run, record, p, intent, row, { did: 'performed', output: toJson(found.result) }, 'check')
  // Two that contradict each other, and one of them said that it was done: that is for a person.
  if (found.did === 'not_happen' && intent.contradicted) return person(run, record, p, intent, row)
  if (found.did === 'not_happen') return decided(run, record, p, intent, row, { did: 'not_performed' }, 'check')
  await run.book.note({ about: 'checked', step: record.id, detail: { ref: intent.seq, did: 'unknown' } })
  const chance = steadyChance(`${run.run.runId}|${record.id}|check|${tries}`)
  await run.wait({ step: record.id, until: run.now() + backoffMs(tries + 1, chance), waits: `doubt:${record.id}` })
  return null
}

/** The key in plain text, as the attempt sent it. */
export function plainKey(run: Activation, p: Pick<Proposal, 'spec' | 'input'>, intent: Intent): string {
  const { lost } = intent.body
  const whose = lost === undefined ? run : { run: { ...run.run, session: lost.session }, messageKey: run.messageKey }
  const key = effectKey(whose, {
    ...p,
    id: intent.step,
    args: intent.effect?.args ?? '',
    perStep: run.definition.kind === 'flow',
  })
  return keyAgain(key, intent.body.again ?? null)
}

/** A check under another key than that of the attempt would find nothing, and say so. */
function hasItsKey(run: Activation, p: Pick<Proposal, 'spec' | 'input'>, intent: Intent): boolean {
  if (intent.body.lost === undefined || !intent.effect) return true
  return (
    storedKey(run.engine.keySecret, run.run.tenant, intent.effect.tool, plainKey(run, p, intent)) === intent.effect.key
  )
}

/** A check is a read: it may be asked again, and it may fail, which is `unknown`. */
async function runCheck(run: Activation, p: Pick<Proposal, 'spec' | 'input'>, intent: Intent): Promise<Found<unknown>> {
  const stop = new AbortController()
  const leftMs = run.remainingMs()
  // What is looked at after the deadline, as in reconciliation, has its time all the same.
  const boundMs = leftMs > 0 ? Math.min(p.spec.timeoutMs, leftMs) : p.spec.timeoutMs
  const alarm = run.engine.clock.sleep(boundMs, stop.signal).then((): Found<unknown> => ({ did: 'unknown' }))
  const call = callOf(run, { intent, key: plainKey(run, p, intent) }, stop, boundMs)
  const asking = async () => run.engine.outside.check(p.spec, p.input, call)
  const found = await Promise.race([asking().catch((): Found<unknown> => ({ did: 'unknown' })), alarm])
  stop.abort()
  return found
}

async function person(run: Activation, record: StepRecord, p: Proposal, intent: Intent, row: EffectRow): Promise<Next> {
  const show = { tool: p.spec.name, input: p.wire, question: questionOf(intent), attempt: intent.attempt }
  const chain = [{ to: 'operator', withinMs: inTime(run, LIMITS.doubt_within_ms), otherwise: 'hand_over' as const }]
  const asked = {
    kind: 'doubt' as const,
    tool: p.spec.name,
    args: p.args,
    show,
    chain,
    notBefore: row.actsUntil,
    round: intent.seq,
    overtaken: async () => {
      const now = await rowOf(run, intent)
      return now !== null && (await known(run, intent, now)) !== null
    },
  }
  const answer = await askPerson(run, record, asked)
  if (answer.decision === 'nobody') {
    return run.finish({ status: 'handed_over', to: answer.by, note: `Nobody said whether ${p.spec.name} happened.` })
  }
  // The row first, then the receipts: one that comes between is noticed by the row's count.
  const fresh = await effectRow(run, intent)
  if (fresh === null) return null
  const receipt = await known(run, intent, fresh)
  if (receipt) return decided(run, record, p, intent, fresh, receipt, 'evidence')
  const happened = answer.decision === 'happened'
  const verdict: Verdict = happened ? { did: 'performed', output: answer.result ?? null } : { did: 'not_performed' }
  return decided(run, record, p, intent, fresh, verdict, `person:${answer.by}`)
}

function questionOf({ contradicted, since }: Intent): string {
  if (contradicted) return 'It was answered that this was done, and it is not found. Did it happen?'
  return since === undefined
    ? 'Did this happen?'
    : 'The ledger has lost a part, in which this may have been done. Did it happen?'
}

async function decided(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  intent: Intent,
  row: EffectRow,
  verdict: Verdict,
  source: string,
): Promise<Next> {
  const saw = { attempt: row.attempt, evidence: row.evidence }
  if (verdict.did === 'performed') {
    const result = completed(verdict.output)
    const written = await run.book.resolve(intent, 'performed', { final: result, source }, saw)
    return written ? { result } : movedOn(run, record)
  }
  const fault = { code: 'did_not_happen' }
  // What was never sent costs no attempt.
  const isOver = p.spec.effect === 'once' && intent.since === undefined
  const over = isOver || counted(record) >= p.spec.attempts
  const result = failed(fault.code, 'It is known that it did not happen.', 'tool')
  const written = await run.book.resolve(
    intent,
    'not_performed',
    over ? { final: result, source } : { fault, source },
    saw,
  )
  if (!written) return movedOn(run, record)
  return over ? { result } : null
}

/** The effect moved since it was looked at: look again, a little later. */
async function movedOn(run: Activation, record: StepRecord): Promise<null> {
  await run.wait({ step: record.id, until: run.now() + LIMITS.backoff_base_ms, waits: `doubt:${record.id}` })
  return null
}

/** The stored form of an effect key. */
export function storedKey(secret: string, tenant: string, tool: string, key: string): string {
  return hmac(secret, `${tenant}|${tool}|${key}`)
}
