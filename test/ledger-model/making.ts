import type { EffectRow } from '../../src/core/effect-row.js'
import type { Charge } from '../../src/core/meters.js'
import type { BeginOp, EffectClaim, EndOp, NewEscalation, Op } from '../../src/core/ops.js'
import { OWNERS, type Owner } from '../../src/core/owner.js'
import type { RunRow } from '../../src/core/run-row.js'
import type { ChargeWish, OpWish, QuestionWish } from './commands.js'

/** What an op is made of: the run as it is now, its begins, and the effect rows they took. */
export interface Surroundings {
  readonly mark: string
  readonly now: number
  readonly run: RunRow
  readonly seq: number
  readonly fence: number
  readonly salt: string
  readonly begins: ReadonlyMap<number, BeginOp>
  /** Seqs of begins that were put in doubt, open or not. */
  readonly doubted: ReadonlySet<number>
  effect(tool: string, key: string): Promise<EffectRow | null>
}

export const toolOf = (mark: string, tool: number) => `tool-${tool}-${mark}`
export const breakerOf = (mark: string, key: number) => `tool:breaker-${key}-${mark}`
export const chosen = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)]

export async function makeOp(wish: OpWish, at: Surroundings): Promise<Op> {
  const { runId } = at.run
  const base = { runId, fence: at.fence, seq: at.seq, salt: at.salt, body: `{"pick":${wish.pick}}` }
  const kind = kindOf(wish, at)
  const ref = refOf(kind, wish.pick, at)
  const dueAt = wish.dueAt === null ? null : at.now + wish.dueAt
  const questions = wish.questions.map((one) => questionOf(one, at))
  const mailSeen = Math.max(at.run.mailSeen, at.run.mailHead - wish.unseen)
  switch (kind) {
    case 'begin':
      return beginOf(wish, at, base)
    case 'again':
      return sendAgain(wish, at, base, ref)
    case 'doubt':
      return { ...base, kind: 'doubt', ref }
    case 'settle':
      return {
        ...base,
        kind: 'settle',
        ref,
        did: didOf(wish, at, ref),
        used: wish.used,
        ...(await sightOf(wish, at, ref)),
      }
    case 'note':
      return { ...base, kind: 'note', ...noteParts(wish, at, questions) }
    case 'park':
      return { ...base, ...parkParts(wish, questions), kind: 'park', dueAt, mailSeen }
    case 'end':
      return { ...base, ...endParts(wish, at), ...scoresIn(wish), kind: 'end', mailSeen, dueAt }
    case 'audit':
      return { ...base, kind: 'audit', dueAt, ...auditParts(wish, mailSeen, questions) }
  }
}

/** What can be done with a run, mostly: where nothing is open something is begun, and after the end there is little left. */
function kindOf({ kind, pick }: OpWish, at: Surroundings): OpWish['kind'] {
  const { run } = at
  if (pick % 10 === 0) return kind
  if (run.state === 'ended') return pick % 2 === 0 && run.open.length > 0 ? 'settle' : 'audit'
  if (run.open.length > 0) return kind === 'again' && fitting('again', at).length === 0 ? 'doubt' : kind
  return kind === 'doubt' || kind === 'settle' || (kind === 'again' && pick % 2 === 0) ? 'begin' : kind
}

/** The open begin that an op is about. */
function refOf(kind: OpWish['kind'], pick: number, at: Surroundings): number {
  const { open, headSeq } = at.run
  return chosen(fitting(kind, at), pick) ?? chosen(open, pick) ?? pick % (headSeq + 2)
}

/** Open begins that can be doubted, or sent again. */
function fitting(kind: OpWish['kind'], { run, begins, doubted }: Surroundings): number[] {
  if (kind === 'doubt') return run.open.filter((seq) => !doubted.has(seq))
  return run.open.filter((seq) => kind !== 'again' || (doubted.has(seq) && begins.get(seq)?.effect))
}

function noteParts(wish: OpWish, { run }: Surroundings, escalations: NewEscalation[]) {
  const count = wish.pick % 2 === 0 ? { count: { steps: wish.pick } } : {}
  const opened = escalations.length > 0 && wish.pick % 3 === 0 ? { ...count, escalations } : count
  return wish.expires === null ? opened : { ...opened, expires: `${run.runId}-q${wish.expires}` }
}

function parkParts({ dueInMs, pick }: OpWish, escalations: NewEscalation[]) {
  const parts = { waits: pick % 3 === 0 ? 'switch:fleet' : 'timer', ...(dueInMs !== null && { dueInMs }) }
  return escalations.length > 0 ? { ...parts, escalations } : parts
}

/** Perhaps another run goes on from here. */
function endParts({ outcome, pick, goesOn }: OpWish, { run, mark, salt }: Surroundings) {
  const owner = outcome === 'failed' ? { owner: chosen(OWNERS, pick) as Owner } : {}
  const parts = { outcome, detail: `why ${pick}`, ...owner }
  if (!goesOn) return parts
  const { agent, version, fingerprint, queue } = run
  const who = { runId: `next-${salt}-${mark}`, agent, version, fingerprint, queue, key: pick % 7 === 0 ? 'next' : null }
  const what = {
    deadlineMs: 9_000_000_000,
    meters: ['usd', 'steps', 'context_tokens'],
    body: '{"input":2}',
    salt,
    inputDigest: 'input-2',
  }
  return { ...parts, next: { ...who, ...what } }
}

/** After the end people are asked about doubts alone. */
function auditParts({ unseen }: OpWish, mailSeen: number, questions: NewEscalation[]) {
  const escalations = questions.map((one) => ({ ...one, kind: 'doubt' as const }))
  return { ...(unseen > 0 && { mailSeen }), ...(escalations.length > 0 && { escalations }) }
}

type Base = Pick<Op, 'runId' | 'fence' | 'seq' | 'salt' | 'body'>

function beginOf(wish: OpWish, at: Surroundings, base: Base): BeginOp {
  const effect = claimOf(wish, at)
  const tool = effect?.tool ?? (wish.tool === null ? null : toolOf(at.mark, wish.tool))
  const locks = wish.locks.length > 0 ? { locks: wish.locks.map((lock) => `lock-${lock}`) } : {}
  const charges = wish.charges.map((charge) => chargeOf(charge, at))
  const breaker = wish.breaker == null ? {} : { breaker: breakerOf(at.mark, wish.breaker) }
  const step = { step: `step-${wish.pick}`, attempt: 1, tool, timeoutMs: 1_000, settlesMs: wish.pick % 2 }
  return {
    ...base,
    ...step,
    ...locks,
    ...breaker,
    ...(effect && { effect }),
    ...allowedBy(wish, at),
    kind: 'begin',
    charges,
  }
}

/** Every other end brings a score or two, now and then the same name twice. */
function scoresIn({ pick }: OpWish): Pick<EndOp, 'scores'> {
  if (pick % 2 === 0) return {}
  const scores = [
    { name: 'good', value: (pick % 5) / 4 },
    { name: pick % 3 === 0 ? 'good' : 'brief', value: 1 },
  ]
  return { scores }
}

/** Questions are about the first tool, and so is what names their answers, mostly for the arguments that were asked about. */
function allowedBy({ pick, tool, effect }: OpWish, { run }: Surroundings): Pick<BeginOp, 'approval'> {
  if (tool !== 0 || pick % 4 !== 1) return {}
  const args = pick % 16 === 1 ? 'args-1' : `args-${effect?.args ?? 0}`
  return { approval: { id: `${run.runId}-q${pick % 3}`, args } }
}

/** The second tool takes back what the first one does; seldom it says which attempt. */
function claimOf({ tool, effect, pick }: OpWish, { mark }: Surroundings): EffectClaim | null {
  if (effect === null) return null
  const claim = { tool: toolOf(mark, tool ?? 0), key: `key-${effect.key}`, args: `args-${effect.args}` }
  const named = pick % 7 === 3 ? { attempt: 1 + (pick % 2) } : {}
  const undoes = { tool: toolOf(mark, 0), key: `key-${effect.undoes}`, ...named }
  return tool === 1 && effect.undoes !== null ? { ...claim, undoes } : claim
}

/** Sends an open begin again, or adopts the doubt of a run that has ended. */
async function sendAgain(wish: OpWish, at: Surroundings, base: Base, ref: number): Promise<BeginOp> {
  const lost = at.begins.get(ref)
  const fresh = beginOf(wish, at, base)
  if (!lost?.effect) {
    if (!fresh.effect) return fresh
    return { ...fresh, effect: { ...fresh.effect, resend: wish.resend, ...(await sight(wish, at, fresh.effect)) } }
  }
  const { tool, key, args, undoes } = lost.effect
  const claim = { tool, key, args, resend: wish.resend, ...(undoes && { undoes }) }
  const effect = { ...claim, ...(await sight(wish, at, lost.effect)) }
  return { ...fresh, tool, effect, supersedes: ref }
}

/** Effects are mostly settled as effects can be. */
function didOf({ did, pick }: OpWish, at: Surroundings, ref: number): OpWish['did'] {
  return did === 'failed' && at.begins.get(ref)?.effect && pick % 10 > 0 ? 'performed' : did
}

async function sightOf(wish: OpWish, at: Surroundings, ref: number) {
  const begin = at.begins.get(ref)
  return begin?.effect ? sight(wish, at, begin.effect) : {}
}

async function sight(wish: OpWish, at: Surroundings, { tool, key }: { tool: string; key: string }) {
  if (wish.saw === 'none') return {}
  const row = await at.effect(tool, key)
  const stale = wish.saw === 'stale' ? 1 : 0
  return { saw: { attempt: row?.attempt ?? 1, evidence: (row?.evidence ?? 0) + stale } }
}

/** Meters of every kind and scope: two of the run's own, its context, the tenant's two windows and a lane. */
function chargeOf({ meter, amount, limit }: ChargeWish, { run, mark }: Surroundings): Charge {
  const own = { at: 'run', scope: '', per: 'total', amount, limit } as const
  // Of the root, of the parent, of nobody above.
  const above = [run.ancestors[0], run.ancestors.at(-1), mark][meter - 6]
  if (above !== undefined) return { ...own, at: 'above', scope: `run:${above}`, meter: 'usd', kind: 'sum' }
  const tenant = { at: 'shared', scope: `tenant:${run.tenant}`, amount, limit } as const
  const all: Charge[] = [
    { ...own, meter: 'usd', kind: 'sum' },
    { ...own, meter: 'steps', kind: 'sum' },
    { ...own, meter: 'context_tokens', kind: 'peak' },
    { ...tenant, meter: 'usd', kind: 'sum', per: 'total' },
    { ...tenant, meter: 'usd', kind: 'sum', per: 'day' },
    { at: 'shared', scope: `lane:${mark}`, meter: 'calls', kind: 'level', per: 'total', amount, limit },
  ]
  return chosen(all, meter) as Charge
}

function questionOf(
  { id, kind, args, rung, notBeforeMs }: QuestionWish,
  { run, mark, now }: Surroundings,
): NewEscalation {
  const asked = { id: `${run.runId}-q${id}`, kind, tool: toolOf(mark, 0), args: `args-${args}`, show: '{}' }
  const chain = [
    { to: 'desk', withinMs: 3_000 },
    { to: 'manager', withinMs: 6_000, otherwise: 'refuse' as const },
  ]
  const who = { people: id % 2 === 0 ? (1 as const) : (2 as const), selfApproval: id % 3 === 0 }
  return { ...asked, ...who, chain, rung, notBefore: notBeforeMs === null ? null : now + notBeforeMs }
}
