import type { Admission } from '../../src/core/admission.js'
import type { Settlement } from '../../src/core/entries.js'
import type { LedgerFacts } from '../../src/core/invariants/facts.js'
import { inspectFacts } from '../../src/core/invariants/inspect.js'
import type { Invariant, Violation } from '../../src/core/invariants/invariant.js'
import { readFacts } from '../../src/core/invariants/read.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Charge } from '../../src/core/meters.js'
import type { Answer, BeginOp, NewEscalation, Op } from '../../src/core/ops.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'

type Unwritten<O> = O extends Op ? Omit<O, 'runId' | 'fence' | 'seq' | 'salt' | 'body'> : never
type BeginShape = Partial<Omit<BeginOp, 'kind' | 'runId' | 'fence' | 'seq' | 'salt' | 'body'>>

/** For tests: one worker on a memory ledger whose clock is moved by hand, writing sound journals op by op. */
export class Watch {
  now = 1_700_000_000_000
  readonly ledger: Ledger = memoryLedger({ clock: { now: () => this.now } })
  private workerId = 0
  private runs = 0

  static async start(): Promise<Watch> {
    const watch = new Watch()
    const { workerId } = await watch.ledger.workers.register({
      name: 'w1',
      leaseMs: 3_600_000,
      serves: ['desk@1#f'],
      queues: ['main'],
    })
    watch.workerId = workerId
    return watch
  }

  async admit(wanted: Partial<Admission> = {}): Promise<string> {
    this.runs += 1
    const runId = `00000000-0000-7000-8000-${String(this.runs).padStart(12, '0')}`
    await this.ledger.admit({
      runId,
      tenant: 'acme',
      agent: 'desk',
      version: 1,
      fingerprint: 'f',
      queue: 'main',
      key: null,
      session: null,
      principal: null,
      origin: null,
      deadlineMs: 86_400_000,
      meters: ['steps', 'usd', 'strikes'],
      body: '{}',
      salt: 'aa',
      inputDigest: 'd',
      ...wanted,
    })
    return runId
  }

  /** A run that was admitted and claimed. */
  async run(wanted: Partial<Admission> = {}): Promise<string> {
    const runId = await this.admit(wanted)
    await this.claim(runId)
    return runId
  }

  async claim(runId: string): Promise<void> {
    await this.ledger.claim({ workerId: this.workerId, limit: 1, runId })
  }

  /** Writes the next entry of the run; answers with the ledger's answer and the entry's seq. */
  async write(runId: string, op: Unwritten<Op>): Promise<Answer & { seq: number }> {
    const run = await this.ledger.run({ runId })
    if (!run) throw new Error(`no run ${runId}`)
    const seq = run.headSeq + 1
    const [answer] = await this.ledger.apply([
      { ...op, runId, fence: run.fence, seq, salt: 'bb', body: `{"n":${seq}}` },
    ])
    if (!answer) throw new Error('no answer')
    return { ...answer, seq }
  }

  async begin(runId: string, wanted: BeginShape = {}): Promise<number> {
    const op = { kind: 'begin' as const, step: 's', attempt: 1, tool: 'pay', timeoutMs: 1_000, settlesMs: 0 }
    return (await this.granted(runId, { ...op, charges: [], ...wanted })).seq
  }

  async settle(runId: string, ref: number, did: Settlement, used: (number | null)[] = []): Promise<number> {
    const [row] = await this.ledger.effects({ runId, state: 'doubt' })
    return (await this.granted(runId, { kind: 'settle', ref, did, used, ...(row && { saw: row }) })).seq
  }

  async doubt(runId: string, ref: number): Promise<void> {
    await this.granted(runId, { kind: 'doubt', ref })
  }

  /** A receipt, from one who held the run before. */
  async receipt(runId: string, ref: number, did: Settlement = 'performed'): Promise<void> {
    const op = {
      kind: 'settle',
      runId,
      fence: 1,
      seq: 1,
      salt: 'cc',
      body: `{"ref":${ref}}`,
      ref,
      did,
      used: [],
    } as const
    await this.ledger.apply([op])
  }

  async park(runId: string, dueInMs = 1_000, escalations: readonly NewEscalation[] = []): Promise<void> {
    const mailSeen = (await this.ledger.run({ runId }))?.mailHead ?? 0
    await this.granted(runId, { kind: 'park', waits: 'timer', dueAt: null, dueInMs, mailSeen, escalations })
  }

  async end(runId: string): Promise<void> {
    const mailSeen = (await this.ledger.run({ runId }))?.mailHead ?? 0
    await this.granted(runId, { kind: 'end', outcome: 'completed', detail: '', mailSeen, dueAt: null })
  }

  facts(): Promise<LedgerFacts> {
    return readFacts(this.ledger)
  }

  private async granted(runId: string, op: Unwritten<Op>): Promise<Answer & { seq: number }> {
    const answer = await this.write(runId, op)
    if (answer.code !== 'ok') throw new Error(`${op.kind} was answered ${answer.code}`)
    return answer
  }
}

export const claimOf = (key: string, more: Partial<NonNullable<BeginOp['effect']>> = {}) => ({
  tool: 'pay',
  key,
  args: 'a',
  ...more,
})

export function charge(meter: string, amount: number, more: Partial<Charge> = {}): Charge {
  return { at: 'run', scope: '', meter, kind: 'sum', per: 'total', amount, limit: null, ...more }
}

export const shared: Partial<Charge> = { at: 'shared', scope: 'tenant:acme', per: 'day' }

/** A question to a person. */
export function question(id: string, kind: NewEscalation['kind'] = 'approval'): NewEscalation {
  return {
    id,
    kind,
    tool: 'pay',
    args: 'a',
    show: '{}',
    chain: [{ to: 'finance', withinMs: 5_000 }],
    rung: 0,
    notBefore: null,
  }
}

type Mutable<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? Map<K, Mutable<V>>
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T

/** A copy of the facts that was tampered with. */
export function tampered(facts: LedgerFacts, edit: (facts: Mutable<LedgerFacts>) => void): LedgerFacts {
  const copy = structuredClone(facts) as Mutable<LedgerFacts>
  edit(copy)
  return copy as LedgerFacts
}

/** What one invariant says about the facts, as sentences. */
export function told(invariant: Invariant, facts: LedgerFacts): string[] {
  return inspectFacts(facts, [invariant]).map(({ what }: Violation) => what)
}
