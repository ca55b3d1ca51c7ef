import { bodyDigest } from '../../core/chain.js'
import type { Ledger } from '../../core/ledger.js'
import type { Charge } from '../../core/meters.js'
import type {
  Answer,
  AuditOp,
  BeginOp,
  DoubtOp,
  EffectClaim,
  EndOp,
  NewEscalation,
  NoteOp,
  Op,
  ParkOp,
  SettleOp,
} from '../../core/ops.js'
import type { RunRow } from '../../core/run-row.js'

type Wish<O> = Partial<Omit<O, 'kind' | 'runId'>>

let salts = 0

/** What a lease holder writes with: each method makes the op that would come next, `put` sends it. */
export class Hand {
  head: number
  readonly runId: string
  readonly fence: number

  constructor(
    readonly ledger: Ledger,
    readonly run: RunRow,
  ) {
    this.runId = run.runId
    this.fence = run.fence
    this.head = run.headSeq
  }

  private next() {
    salts += 1
    const salt = salts.toString(16).padStart(16, '0')
    return { runId: this.runId, fence: this.fence, seq: this.head + 1, salt, body: '{"say":"hello"}' }
  }

  begin(wish: Wish<BeginOp> = {}): BeginOp {
    const step = { step: 'step', attempt: 1, tool: 'tool', timeoutMs: 1_000, settlesMs: 0, charges: [] }
    return { ...this.next(), kind: 'begin', ...step, ...wish }
  }

  doubt(ref: number, wish: Wish<DoubtOp> = {}): DoubtOp {
    return { ...this.next(), kind: 'doubt', ref, ...wish }
  }

  settle(ref: number, wish: Wish<SettleOp> = {}): SettleOp {
    return { ...this.next(), kind: 'settle', ref, did: 'performed', used: [], ...wish }
  }

  note(wish: Wish<NoteOp> = {}): NoteOp {
    return { ...this.next(), kind: 'note', ...wish }
  }

  park(wish: Wish<ParkOp> = {}): ParkOp {
    return { ...this.next(), kind: 'park', waits: 'timer', dueAt: null, mailSeen: 0, ...wish }
  }

  end(wish: Wish<EndOp> = {}): EndOp {
    return { ...this.next(), kind: 'end', outcome: 'completed', detail: '', mailSeen: 0, dueAt: null, ...wish }
  }

  audit(wish: Wish<AuditOp> = {}): AuditOp {
    return { ...this.next(), kind: 'audit', dueAt: null, ...wish }
  }

  /** Sends one op; the head moves with it when it is written. */
  async put(op: Op): Promise<Answer> {
    const [answer] = await this.ledger.apply([op])
    if (!answer) throw new RangeError('apply gave no answer')
    if (answer.code === 'ok') this.head = op.seq
    return answer
  }

  /** Sends one op that must be written, and answers with its seq. */
  async must(op: Op): Promise<number> {
    const answer = await this.put(op)
    if (answer.code !== 'ok') throw new RangeError(`${op.kind} was answered ${JSON.stringify(answer)}`)
    return op.seq
  }

  /** A begin of an effect whose answer was lost; answers with its seq. */
  async mustDoubt(wish: Wish<BeginOp>): Promise<number> {
    const ref = await this.must(this.begin(wish))
    await this.must(this.doubt(ref))
    return ref
  }
}

/** An effect claim of the tool `tool`. */
export function effect(key: string, wish: Partial<EffectClaim> = {}): EffectClaim {
  return { tool: 'tool', key, args: 'args', ...wish }
}

/** A charge on one of the run's own meters. */
export function ownCharge(amount: number, limit: number | null, wish: Partial<Charge> = {}): Charge {
  return { at: 'run', scope: '', meter: 'usd', kind: 'sum', per: 'total', amount, limit, ...wish }
}

/** A charge on a shared meter. */
export function sharedCharge(scope: string, amount: number, limit: number | null, wish: Partial<Charge> = {}): Charge {
  return { at: 'shared', scope, meter: 'usd', kind: 'sum', per: 'total', amount, limit, ...wish }
}

/** A question to a person. */
export function question(id: string, wish: Partial<NewEscalation> = {}): NewEscalation {
  const chain = [
    { to: 'desk', withinMs: 60_000 },
    { to: 'manager', withinMs: 120_000, otherwise: 'refuse' as const },
  ]
  return { id, kind: 'approval', tool: 'tool', args: 'args', show: '{}', chain, rung: 0, notBefore: null, ...wish }
}

export const digestOf = (op: Op): string => bodyDigest(op.salt, op.body)
