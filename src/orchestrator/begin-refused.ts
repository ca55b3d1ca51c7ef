import type { JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { Answer } from '../core/ops.js'
import type { RefusalRule } from '../core/refusals.js'
import type { Activation } from './activation.js'
import { steadyChance } from './backoff.js'
import type { Refused } from './begun.js'
import { type BeginBody, readBody } from './bodies.js'
import { breach } from './breach.js'
import { changedCall } from './changed.js'
import { longestMs } from './doubt.js'
import { askPerson, inTime } from './escalated.js'
import type { StepRecord } from './journal.js'
import { verdictDetail } from './judge.js'
import type { Next } from './next.js'
import { breakerOpen, outage } from './outage.js'
import { digestOf, type Proposal } from './proposal.js'
import { confirmedResult } from './receipt.js'
import { completed, failed } from './result.js'
import { refused } from './tool-refused.js'

/** What a refused begin of a tool means: wait, take the first result, tell the model, ask a person, or end. */
export async function refusedBegin(run: Activation, record: StepRecord, p: Proposal, refusal: Refused): Promise<Next> {
  if (await run.heed(refusal)) return null
  const { answer } = refusal
  switch (answer.code) {
    case 'moved':
      return null
    case 'ceiling':
      return breach(run, record, { meter: answer.meter, onBreach: p.onBreach, what: p.spec.name, args: p.args })
    case 'breaker_open':
      return outage(run, record, { ...breakerOpen(answer), name: p.spec.name, args: p.args })
    case 'performed':
      return repeated(run, record, p, answer)
    case 'key_conflict': {
      const say = `${p.spec.name} was already asked for under this key with other arguments; nothing was done.`
      return {
        result: await refused(run, record, p, { status: 'refused', reason: 'policy', rule: 'key_conflict', say }),
      }
    }
    case 'unapproved': {
      const say = `What a person allowed is not this call of ${p.spec.name}, or was done already; nothing was done.`
      return { result: await refused(run, record, p, { status: 'refused', reason: 'policy', rule: 'approval', say }) }
    }
    case 'in_doubt':
    case 'under_way':
    case 'locked':
      return busy(run, record, p, answer, answer.code)
    default: {
      const result = failed(answer.code, undefined, 'store')
      await run.book.note({ about: 'failed', step: record.id, args: p.args, final: result })
      return { result }
    }
  }
}

/** Another run holds the key or the lock: wait for it, by a deadline; adopt its doubt when it has ended. */
async function busy(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  answer: Answer,
  rule: RefusalRule,
): Promise<Next> {
  const adopted = answer.code === 'in_doubt' ? await adopt(run, p, answer) : null
  if (adopted) return adopted
  const first = record.notes.find((n) => n.about === 'busy')
  const since = first ? Number((first.detail as { since: number }).since) : run.now()
  if (!first) {
    const detail = {
      since,
      code: answer.code,
      lock: answer.lock ?? null,
      holder: answer.holder ? { ...answer.holder } : null,
    }
    await run.book.note({ about: 'busy', step: record.id, args: p.args, detail })
  }
  if (run.now() > since + LIMITS.busy_wait_ms) {
    const say = `${p.spec.name} could not start: another run has held ${answer.lock ?? 'its key'} for too long.`
    return { result: await refused(run, record, p, { status: 'refused', reason: 'policy', rule, say }) }
  }
  const waited = run.now() - since
  const pause = Math.min(2_000, 60 + waited / 4) * (0.5 + steadyChance(`${run.run.runId}|${record.id}|${waited}`))
  await run.wait({
    step: record.id,
    until: run.now() + Math.ceil(pause),
    waits: `${answer.lock ? `lock:${answer.lock}` : `key:${p.spec.name}`}`,
  })
  return null
}

/** The owner of a doubt has ended: the first that needs the key takes it over, where the class allows it. */
async function adopt(run: Activation, p: Proposal, answer: Answer): Promise<Next> {
  const { holder, attempt, evidence, actsUntil } = answer
  const fits = p.spec.effect === 'keyed' || p.spec.effect === 'checked'
  if (!fits || !holder || holder.runId === run.run.runId || attempt === undefined || evidence === undefined) return null
  const owner = await run.engine.ledger.run({ runId: holder.runId })
  // One that is just being looked at may be decided in this very moment.
  const isLookedAt = owner?.workerId !== null
  if (owner?.state !== 'ended' || isLookedAt || run.now() < (actsUntil ?? 0)) return null
  // Without a check the key alone keeps it from acting twice: only while the provider knows it.
  const forgets = (await firstSent(run, holder)) + p.spec.keyRememberedMs
  if (p.spec.check === null && run.now() + longestMs(p.spec) >= forgets) return null
  return { manner: { resend: { saw: { attempt, evidence }, when: 'late', adopted: true } } }
}

/** When the attempt was sent that holds the key, or the first of those in whose place it stands. */
async function firstSent(run: Activation, { runId, seq }: { runId: string; seq: number }): Promise<number> {
  const [begin] = await run.engine.ledger.journal({ runId, from: seq, limit: 1 })
  const before = begin?.facts.supersedes
  if (before !== undefined) return firstSent(run, { runId, seq: before })
  return readBody<BeginBody>(begin?.body ?? null).lost?.at ?? begin?.at ?? 0
}

/** The effect is already confirmed under this key: its first result, or a person, or a refusal. */
async function repeated(run: Activation, record: StepRecord, p: Proposal, answer: Answer): Promise<Next> {
  const { holder } = answer
  if (!holder) return { result: failed('performed') }
  const policy = p.spec.repeat ?? (p.spec.key !== null || nothingBetween(run, holder) ? 'first_result' : 'escalate')
  if (policy === 'refuse') {
    const say = `${p.spec.name} was already done with these arguments; nothing was done again.`
    return { result: await refused(run, record, p, { status: 'refused', reason: 'policy', rule: 'repeat', say }) }
  }
  if (policy === 'escalate') return askForRepeat(run, record, p)
  const result = completed(await confirmedResult(run.engine.ledger, holder))
  await run.book.note({
    about: 'repeated',
    step: record.id,
    args: p.args,
    final: result,
    detail: { tool: p.spec.name, input: p.wire, of: { ...holder } },
  })
  return { result }
}

/** True when this run confirmed no other write after the one that holds the key. */
function nothingBetween(run: Activation, holder: { runId: string; seq: number }): boolean {
  if (holder.runId !== run.run.runId) return run.journal.done.every((d) => !d.write)
  return run.journal.done.every((d) => !d.write || d.seq <= holder.seq)
}

async function askForRepeat(run: Activation, record: StepRecord, p: Proposal): Promise<Next> {
  const show: JsonValue = {
    repeat: true,
    question: 'This was already done once. Do it again?',
    call: verdictDetail(p, { verdict: 'allow' }),
  }
  const chain = [{ to: 'operator', withinMs: inTime(run, LIMITS.doubt_within_ms), otherwise: 'refuse' as const }]
  const asked = {
    kind: 'approval' as const,
    tool: p.spec.name,
    args: p.args,
    show,
    chain,
    notBefore: null,
    people: p.spec.people,
    round: -1,
  }
  const answer = await askPerson(run, record, asked)
  if (answer.result !== undefined) return { result: await changedCall(run, record, p, answer) }
  if (answer.decision === 'approve') return { manner: { approval: answer.id, again: digestOf(answer.id).slice(0, 12) } }
  const say = `${p.spec.name} was already done with these arguments; ${answer.by} did not ask for another.`
  return { result: await refused(run, record, p, { status: 'refused', reason: 'policy', rule: 'repeat', say }) }
}
