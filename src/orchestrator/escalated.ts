import { sha256 } from '../core/digest.js'
import type { Decision, EscalationKind, Rung } from '../core/escalation.js'
import { canonical, type JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { Activation } from './activation.js'
import type { StepRecord } from './journal.js'

/** Whoever asked for the run: a message of its session answers, as well as a person. */
export const REQUESTER = 'requester'

export interface Asked {
  readonly kind: EscalationKind
  readonly tool: string | null
  readonly args: string
  readonly show: JsonValue
  readonly chain: readonly Rung[]
  readonly notBefore: number | null
  /** Of two both must say yes. Default 1. */
  readonly people?: 1 | 2
  /** Tells questions of one step apart. */
  readonly round: number
  /** True once the answer is known without a person. Looked at whenever the run is woken. */
  readonly overtaken?: () => Promise<boolean>
  /** What it is known by then; default a late receipt. */
  readonly overtakenBy?: Withdrawn
}

/** A question of a step that is about no call of a tool; `round` tells it from others of the same step. */
export function questionOf(record: StepRecord, show: JsonValue, chain: readonly Rung[], round: number): Asked {
  return { kind: 'question', tool: null, args: record.args ?? '', show, chain, notBefore: null, round }
}

/** Why a question was withdrawn. */
type Withdrawn = 'evidence' | 'race' | 'message'

export interface Answered {
  readonly id: string
  /** nobody: the last deadline passed · overtaken: the answer came another way, and the question was withdrawn. */
  readonly decision: Decision | 'nobody' | 'overtaken'
  readonly by: string
  readonly note?: string
  readonly result?: JsonValue
  /** Of two who said yes the one who was first. */
  readonly first?: Said<JsonValue>
}

interface Said<R> {
  readonly by: string
  readonly note?: string
  readonly result?: R
}

interface AnswerMail {
  readonly escalation: string
  readonly decision: Decision
  readonly by: string
  readonly note?: string
  readonly result?: string
  readonly first?: Said<string>
}

/** Asks a person and waits, rung by rung; `nobody` when the last deadline passed. Every turn of it is written down. */
export async function askPerson(run: Activation, record: StepRecord, asked: Asked): Promise<Answered> {
  const id = escalationId(run.run.runId, record.id, asked.round)
  const past = record.notes.find((n) => (n.about === 'answered' || n.about === 'expired') && idOf(n.detail) === id)
  if (past?.detail) return past.detail as unknown as Answered
  if (!record.notes.some((n) => n.about === 'escalated' && idOf(n.detail) === id)) {
    const detail = {
      id,
      kind: asked.kind,
      tool: asked.tool,
      show: asked.show,
      chain: asked.chain.map((r) => ({ ...r })),
      ...(asked.people === 2 ? { people: 2 } : {}),
      ...(asked.kind === 'approval' ? { version: run.definition.version } : {}),
    }
    await run.book.note({ about: 'escalated', step: record.id, args: record.args ?? '', detail })
  }
  for (;;) {
    if (await asked.overtaken?.()) return withdraw(run, record, id, asked.overtakenBy ?? 'evidence')
    const answer = answerIn(run, id)
    if (answer) {
      await run.book.note({ about: 'answered', step: record.id, detail: detailOf(answer) })
      return answer
    }
    const nobody = await climb(run, record, asked, id)
    if (nobody) return nobody
  }
}

/** Nobody needs to answer any more. Who did in the same moment is not written down: what is known outranks it. */
async function withdraw(run: Activation, record: StepRecord, id: string, by: Withdrawn): Promise<Answered> {
  const answer: Answered = { id, decision: 'overtaken', by }
  await run.book.note({ about: 'expired', step: record.id, detail: detailOf(answer) }, { expires: id })
  return answer
}

/** Questions that a step put and nobody answered are withdrawn: its branch lost a race. */
export async function withdrawAll(run: Activation, record: StepRecord): Promise<void> {
  const over = new Set(record.notes.filter((n) => n.about !== 'escalated').map((n) => idOf(n.detail)))
  for (const { about, detail } of [...record.notes]) {
    const id = idOf(detail)
    if (about === 'escalated' && typeof id === 'string' && !over.has(id)) await withdraw(run, record, id, 'race')
  }
}

/** Waits on the present rung, or moves to the next when its time is over; an answer when there is no next one. */
async function climb(run: Activation, record: StepRecord, asked: Asked, id: string): Promise<Answered | null> {
  // What was opened beside working sisters must be there before it is looked for, else it would be opened again.
  if (run.hasSisters) await run.book.writer.flushed()
  const [row] = await run.engine.ledger.escalations({ id })
  const over = row !== undefined && row.state === 'open' && run.now() >= row.dueAt
  const rung = (row?.rung ?? 0) + (over ? 1 : 0)
  const there = asked.chain[rung]
  if (row && row.state !== 'open') {
    // Answered just now, while this run was at work: the answer is in its mail.
    await run.lookForMail()
    if (answerIn(run, id) === null) await run.wait({ step: record.id, until: run.now() + 1_000, waits: `person:${id}` })
    return null
  }
  if (!there) {
    const by = asked.chain.at(-1)?.to ?? 'nobody'
    const answer: Answered = { id, decision: 'nobody', by, ...(row?.first ? { first: { by: row.first.by } } : {}) }
    const free = await run.book.note({ about: 'expired', step: record.id, detail: detailOf(answer) }, { expires: id })
    return free ? answer : null
  }
  const { kind, tool, args, chain, notBefore } = asked
  const show = canonical(asked.show)
  const waits = there.to === REQUESTER ? `${REQUESTER}:${id}` : `person:${there.to}:${id}`
  const alone = !run.hasSisters
  // Opened once for each rung: opening it anew would start its clock again, and nobody's silence would ever be over.
  if (row && !over) {
    // While sister branches work the run is not woken by its mail: it looks for itself.
    const until = alone ? row.dueAt : Math.min(row.dueAt, run.now() + LIMITS.sister_look_ms)
    await run.wait({ step: record.id, until, waits })
  } else {
    const withinMs = alone ? there.withinMs : Math.min(there.withinMs, LIMITS.sister_look_ms)
    const { selfApproval } = run.definition.policy
    const who = { ...(asked.people === 2 && { people: 2 as const }), ...(selfApproval && { selfApproval }) }
    const escalation = { id, kind, tool, args, show, chain, rung, notBefore, ...who }
    await run.wait({ step: record.id, until: run.now() + withinMs, waits, escalation })
  }
  if (!alone) await run.lookForMail()
  return null
}

/** What a person has answered, if the mail holds it. */
export function answerIn(run: Activation, id: string): Answered | null {
  for (const mail of run.mail) {
    if (mail.kind !== 'answer') continue
    const body = JSON.parse(mail.body) as AnswerMail
    if (body.escalation !== id) continue
    const { decision, first, ...said } = body
    return { id, decision, ...saidBy(said), ...(first === undefined ? {} : { first: saidBy(first) }) }
  }
  return null
}

function saidBy({ by, note, result }: Said<string>): Said<JsonValue> {
  const words = { by, ...(note === undefined ? {} : { note }) }
  return result === undefined ? words : { ...words, result: JSON.parse(result) as JsonValue }
}

const detailOf = (answer: Answered): JsonValue => ({ ...answer }) as unknown as JsonValue

/** So long a person has at most that what holds without an answer still comes before the run's deadline. */
export function inTime(run: Activation, withinMs: number): number {
  return Math.min(withinMs, Math.max(0, run.remainingMs() - LIMITS.doubt_margin_ms))
}

/** Made of the run and the step, so that asking twice is asking once. */
export function escalationId(runId: string, step: string, round: number): string {
  return `esc_${sha256(`${runId}|${step}|${round}`).slice(0, 20)}`
}

const idOf = (detail: unknown): unknown =>
  typeof detail === 'object' && detail !== null ? (detail as { id?: unknown }).id : undefined
