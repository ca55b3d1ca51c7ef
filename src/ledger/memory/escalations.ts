import { sha256 } from '../../core/digest.js'
import type { Decision, Escalation, EscalationFilter } from '../../core/escalation.js'
import type { BeginOp, NewEscalation } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'

/** Which decisions fit which question. */
const KINDS: Record<Decision, Escalation['kind']> = {
  approve: 'approval',
  deny: 'approval',
  happened: 'doubt',
  not_happened: 'doubt',
  answer: 'question',
}

/** What a person said, and for which arguments. */
export interface PersonSays {
  readonly id: string
  readonly decision: Decision
  readonly by: string
  readonly args?: string
  readonly note?: string
  readonly result?: string
}

/** Questions to people. */
export class Escalations {
  private readonly rows = new Map<string, Escalation>()

  get(id: string): Escalation | undefined {
    return this.rows.get(id)
  }

  /** Opens a question, or moves an open one to the rung that is named. */
  open(run: Run, asked: NewEscalation, now: EpochMs): Escalation {
    const rung = asked.chain[asked.rung]
    const dueAt = now + (rung?.withinMs ?? 0)
    const before = this.rows.get(asked.id)
    // Somebody answered meanwhile: the answer stands, and is in the run's mail.
    if (before && before.state !== 'open') return before
    const { tenant, runId, agent } = run.admission
    const who = { people: 1 as const, selfApproval: false, first: null }
    const fresh = { decision: null, by: null, note: null, result: null, openedAt: now, answeredAt: null, usedBy: null }
    const { version } = run.pin
    const row: Escalation = before
      ? { ...before, rung: asked.rung, dueAt }
      : { ...who, ...asked, ...fresh, tenant, runId, agent, version, state: 'open', dueAt }
    this.rows.set(asked.id, row)
    return row
  }

  /** Why an answer cannot be taken; null when it can. */
  refusal(row: Escalation, says: PersonSays, now: EpochMs, requester: string | null) {
    if (row.state !== 'open') return { code: 'closed', state: row.state } as const
    if (says.args !== undefined && says.args !== row.args) return { code: 'other_arguments' } as const
    if (KINDS[says.decision] !== row.kind) return { code: 'wrong_kind' } as const
    const early = says.decision === 'not_happened' && row.notBefore !== null && now < row.notBefore
    if (early) return { code: 'too_early', notBefore: row.notBefore } as const
    const isApproval = says.decision === 'approve' || (says.decision === 'answer' && row.people === 2)
    if (isApproval && !row.selfApproval && says.by === requester) return { code: 'requester' } as const
    return says.decision !== 'deny' && says.by === row.first?.by ? ({ code: 'same_person' } as const) : null
  }

  /** Keeps what the first of two said. False where this decides: one is enough, the second speaks, or it is a no. */
  first(row: Escalation, says: PersonSays, now: EpochMs): boolean {
    const { decision, by, note = null, result = null } = says
    const isYes = decision === 'answer' || (decision === 'approve' && result === null)
    if (row.people === 1 || row.first !== null || !isYes) return false
    this.rows.set(row.id, { ...row, first: { by, note, result, at: now } })
    return true
  }

  /** Keeps what was said; the run hears of it by mail. */
  answer(row: Escalation, says: PersonSays, now: EpochMs): void {
    const { decision, by, note = null, result = null } = says
    // Who said yes first may still say no: then it is theirs alone.
    const first = row.first?.by === by ? null : row.first
    this.rows.set(row.id, { ...row, first, state: 'answered', decision, by, note, result, answeredAt: now })
  }

  /** Whether an answer allows this begin: its very arguments, of this version, to one step. */
  allows({ pin }: Pick<Run, 'pin'>, { approval, effect, runId, tool, step }: BeginOp): boolean {
    if (approval === undefined) return true
    const row = this.rows.get(approval.id)
    if (row?.kind !== 'approval' || row.decision !== 'approve' || row.runId !== runId || row.tool !== tool) return false
    const args = row.result === null ? row.args : sha256(row.result)
    const enough = row.people === 1 || (row.result === null && row.first !== null)
    const isFresh = row.version === pin.version && (row.usedBy ?? step) === step
    return enough && isFresh && args === approval.args && (effect?.args ?? args) === args
  }

  /** What is begun under it again is the same step. */
  use(id: string, step: string): void {
    const row = this.rows.get(id)
    if (row && row.usedBy === null) this.rows.set(id, { ...row, usedBy: step })
  }

  /** Nobody answered in time. False when it is not this run's open question: then an answer is on its way. */
  expire(run: Run, id: string): boolean {
    const row = this.rows.get(id)
    if (row?.state !== 'open' || row.runId !== run.admission.runId) return false
    this.rows.set(id, { ...row, state: 'expired' })
    return true
  }

  /** Forgets every question of a run. */
  drop(run: Run): void {
    for (const row of this.rows.values()) if (row.runId === run.admission.runId) this.rows.delete(row.id)
  }

  /** The run has ended: nobody need answer, but for doubts that are still open. */
  voidOf(run: Run): void {
    for (const row of this.rows.values()) {
      if (row.runId !== run.admission.runId || row.state !== 'open') continue
      if (row.kind === 'doubt' && isOpen(run, row)) continue
      this.rows.set(row.id, { ...row, state: 'void' })
    }
  }

  /** What people were shown and said of an ended run. Answers how many questions had any of it. */
  erase(run: Run): number {
    let erased = 0
    for (const row of this.rows.values()) {
      if (row.runId !== run.admission.runId) continue
      const { first } = row
      const said = [row.note, row.result, first?.note ?? null, first?.result ?? null]
      if (row.show === '{}' && said.every((words) => words === null)) continue
      const kept = first && { ...first, note: null, result: null }
      this.rows.set(row.id, { ...row, first: kept, show: '{}', note: null, result: null })
      erased += 1
    }
    return erased
  }

  list(p: EscalationFilter): Escalation[] {
    const found = [...this.rows.values()].filter(
      (row) =>
        (p.state === undefined || row.state === p.state) &&
        (p.kind === undefined || row.kind === p.kind) &&
        (p.runId === undefined || row.runId === p.runId) &&
        (p.id === undefined || row.id === p.id) &&
        (p.tenants?.includes(row.tenant) ?? true) &&
        (p.after === undefined || byOpening(row, p.after) > 0),
    )
    return found.sort(byOpening).slice(0, p.limit)
  }
}

type Opened = Pick<Escalation, 'openedAt' | 'id'>

const byOpening = (a: Opened, b: Opened): number => a.openedAt - b.openedAt || (a.id < b.id ? -1 : Number(a.id > b.id))

/** What people are told of a question: `first` said yes, and one more is asked for. */
export function noticeOf({ id, kind, rung, chain, tool }: Escalation, first: string | undefined) {
  return { escalation: id, first, kind, rung, to: chain[rung]?.to, tool }
}

/** Whether the begin that a doubt is about is still open: the one of this tool with these arguments. */
function isOpen(run: Run, row: Escalation): boolean {
  for (const { effect } of run.open.values()) if (effect?.tool === row.tool && effect?.args === row.args) return true
  return false
}
