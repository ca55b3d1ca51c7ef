import type { EffectRow } from '../../src/core/effect-row.js'
import type { Settlement } from '../../src/core/entries.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { Charge } from '../../src/core/meters.js'
import type { Op } from '../../src/core/ops.js'
import type { RunRow } from '../../src/core/run-row.js'

/** What happens next, and three numbers that pick whom it happens to and how. */
export type Event = readonly [what: number, a: number, b: number, c: number]

type Body<O = Op> = O extends Op ? Omit<O, 'runId' | 'fence' | 'seq' | 'salt' | 'body'> : never
type Hand = { readonly runId: string; readonly fence: number; head: number }

const SCOPES = ['fleet', 'tenant:acme', 'agent:desk', 'tool:pay', 'tool:mail', 'session:acme/s0', 'run:none'] as const
const LEASE_MS = 10_000
const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length]

/**
 * A ledger under whatever may happen to it: workers that die and stay behind, doubts, take-overs, shared meters, kills,
 * people's answers, late receipts, a clock that jumps. Most events are refused; the invariants must hold all the same.
 */
export class Night {
  /** Every kind of op with its answer, and how often: what the night put to the test. */
  readonly answers = new Map<string, number>()
  private readonly hands: Hand[] = []
  private readonly runs: string[] = []
  private readonly workers: number[] = []
  private questions = 0
  private readonly happenings: readonly ((a: number, b: number, c: number) => Promise<unknown>)[] = [
    (a, b) => this.admit(a, b),
    (a) => this.register(a),
    (a) => this.claim(a),
    (a) => this.claim(a),
    (a, b, c) => this.begin(a, b, c),
    (a, b, c) => this.begin(a, b, c),
    (a, b, c) => this.begin(a, b, c),
    (a, b, c) => this.settle(a, b, c),
    (a, b, c) => this.settle(a, b, c),
    (a, b) => this.doubt(a, b),
    (a, b) => this.doubt(a, b),
    (a, b) => this.park(a, b),
    (a) => this.end(a),
    (a) => this.audit(a),
    (a, b) => this.write(a, { kind: 'note', ...(b % 2 === 0 && { count: { strikes: b } }) }),
    (a) => this.advance([50, 1_500, LEASE_MS, 3_600_000][a % 4] ?? 0),
    (a) => this.advance([50, 1_500, 3_000][a % 3] ?? 0),
    (a, b) => this.turnSwitch(a, b),
    (a, b) => this.answer(a, b),
  ]

  constructor(
    private readonly ledger: Ledger,
    private readonly advance: (ms: number) => Promise<void>,
  ) {}

  static readonly kinds = 19

  async happen([what, a, b, c]: Event): Promise<void> {
    await pick(this.happenings, what)?.(a, b, c)
  }

  private async admit(a: number, b: number): Promise<void> {
    const runId = `00000000-0000-7000-8000-${String(this.runs.length + 1).padStart(12, '0')}`
    const { code } = await this.ledger.admit({
      runId,
      tenant: a % 5 === 0 ? 'other' : 'acme',
      agent: 'desk',
      version: 1,
      fingerprint: 'f',
      queue: 'main',
      key: b % 3 === 0 ? `m${b}` : null,
      session: a % 2 === 0 ? `s${b % 2}` : null,
      principal: null,
      origin: null,
      deadlineMs: 7_200_000,
      meters: ['usd', 'strikes'],
      body: '{}',
      salt: 'aa',
      inputDigest: `${b}`,
    })
    if (code === 'ok') this.runs.push(runId)
  }

  private async register(a: number): Promise<void> {
    const known = this.workers[a % 3]
    const { held } =
      known === undefined
        ? { held: false }
        : await this.ledger.workers.heartbeat({ workerId: known, leaseMs: LEASE_MS })
    if (held) return
    const serves = ['desk@1#f']
    const { workerId } = await this.ledger.workers.register({
      name: `w${a % 3}`,
      leaseMs: LEASE_MS,
      serves,
      queues: ['main'],
    })
    this.workers[a % 3] = workerId
  }

  private async claim(a: number): Promise<void> {
    await this.register(a)
    const claims = await this.ledger.claim({ workerId: this.workers[a % 3] ?? -1, limit: 2 })
    for (const { run } of claims) this.hands.unshift({ runId: run.runId, fence: run.fence, head: run.headSeq })
  }

  /** Mostly one of the latest hands, sometimes one whose run was taken from it long ago. */
  private hand(a: number): Hand | undefined {
    return a % 10 === 0 ? pick(this.hands, a / 10) : pick(this.hands.slice(0, 4), a)
  }

  private async write(a: number, op: Body): Promise<void> {
    const hand = this.hand(a)
    if (!hand) return
    const { runId, fence, head } = hand
    const [answer] = await this.ledger.apply([
      { ...op, runId, fence, seq: head + 1, salt: `${head}`, body: `{"a":${a}}` },
    ])
    if (answer?.code === 'ok') hand.head += 1
    const said = `${op.kind} ${answer?.code}`
    this.answers.set(said, (this.answers.get(said) ?? 0) + 1)
  }

  private async begin(a: number, b: number, c: number): Promise<void> {
    const hand = this.hand(a)
    if (!hand) return
    const [doubted] = await this.ledger.effects({ runId: hand.runId, state: 'doubt' })
    const again = b % 2 === 0 ? doubted : undefined
    const tool = again ? again.tool : (pick(['pay', 'mail', null], b) ?? null)
    const key = again ? again.key : `k${c % 3}`
    const row = tool === null ? null : await this.rowOf(hand.runId, tool, key)
    const takesOver = row?.state === 'doubt' && b % 4 !== 0
    await this.write(a, {
      kind: 'begin',
      step: 's',
      attempt: 1,
      tool,
      timeoutMs: 1_000,
      settlesMs: 0,
      charges: chargesOf(b, c),
      ...(c % 4 === 0 && { locks: [`l${b % 2}`] }),
      ...(tool && {
        effect: {
          tool,
          key,
          args: c % 11 === 0 ? 'other' : 'same',
          // Mail takes back what was paid: which key follows from its own, so that a doubt is sent again with the same.
          ...(tool === 'mail' && { undoes: { tool: 'pay', key } }),
          ...(takesOver && { saw: row, resend: b % 5 === 0 ? 'early' : 'late' }),
        },
      }),
      ...(takesOver && row.runId === hand.runId && { supersedes: row.seq }),
    })
  }

  private async rowOf(runId: string, tool: string, key: string): Promise<EffectRow | null> {
    const run = await this.ledger.run({ runId })
    return this.ledger.effect({ tenant: run?.tenant ?? '', tool, key })
  }

  private async open(a: number): Promise<{ run: RunRow; open: readonly number[] } | null> {
    const run = await this.ledger.run({ runId: this.hand(a)?.runId ?? this.runs[0] ?? '' })
    return run && run.open.length > 0 ? { run, open: run.open } : null
  }

  private async settle(a: number, b: number, c: number): Promise<void> {
    const found = await this.open(a)
    const ref = pick(found?.open ?? [], b)
    if (!found || ref === undefined) return
    const row = (await this.ledger.effects({ runId: found.run.runId })).find(({ seq }) => seq === ref)
    // The world is honest: an attempt whose doubt another run took over, after its time, did not act.
    const truths = row ? (['performed', 'not_performed', 'performed'] as const) : (['not_performed', 'failed'] as const)
    const did = pick<Settlement>(truths, c) ?? 'failed'
    await this.write(a, {
      kind: 'settle',
      ref,
      did,
      used: [b % 40, null, b % 40],
      ...(row && b % 7 !== 0 && { saw: row }),
    })
  }

  private async doubt(a: number, b: number): Promise<void> {
    const ref = pick((await this.open(a))?.open ?? [], b)
    if (ref !== undefined) await this.write(a, { kind: 'doubt', ref })
  }

  private async park(a: number, b: number): Promise<void> {
    this.questions += 1
    const asked = { id: `e${this.questions}`, tool: 'pay', args: 'a', show: '{}', rung: 0, notBefore: null }
    const kind = b % 4 === 1 ? ('doubt' as const) : ('approval' as const)
    const chain = [{ to: 'ann', withinMs: 2_000 }]
    const escalations = b % 2 === 0 ? [] : [{ ...asked, kind, chain }]
    await this.write(a, {
      kind: 'park',
      waits: 'timer',
      dueAt: null,
      dueInMs: b * 10,
      mailSeen: await this.mail(a),
      escalations,
    })
  }

  private async end(a: number): Promise<void> {
    await this.write(a, { kind: 'end', outcome: 'completed', detail: '', mailSeen: await this.mail(a), dueAt: null })
  }

  /** Whether or not its holder says when, an ended run's doubts are looked at again. */
  private async audit(a: number): Promise<void> {
    await this.write(a, { kind: 'audit', dueAt: a % 2 === 0 ? null : (await this.ledger.now()) + 1_000 })
  }

  private async mail(a: number): Promise<number> {
    const run = await this.ledger.run({ runId: this.hand(a)?.runId ?? '' })
    return a % 3 === 0 ? (run?.mailSeen ?? 0) : (run?.mailHead ?? 0)
  }

  private async turnSwitch(a: number, b: number): Promise<void> {
    const scope = pick(SCOPES, a) ?? 'fleet'
    // More releases than kills, so that the night goes on.
    if (b % 3 === 0) await this.ledger.engage({ scope, mode: b % 2 === 0 ? 'hold' : 'end', by: 'ann' })
    else
      for (const { scope: on } of await this.ledger.switches())
        await this.ledger.release({ scope: on, by: 'ann', jitterMs: b })
    await this.ledger.sweepSwitched({ limit: 10 })
  }

  private async answer(a: number, b: number): Promise<void> {
    const open = await this.ledger.escalations({ state: 'open' })
    const asked = pick(open, a)
    if (!asked) return
    const yes = b % 2 === 0
    const decision = asked.kind === 'doubt' ? (yes ? 'happened' : 'not_happened') : yes ? 'approve' : 'deny'
    await this.ledger.answer({ id: asked.id, decision, by: 'ann', ...(decision === 'happened' && { result: '{}' }) })
  }
}

function chargesOf(b: number, c: number): Charge[] {
  const own = { at: 'run', scope: '', meter: 'usd', kind: 'sum', per: 'total', amount: b, limit: 150 } as const
  const shared = {
    ...own,
    at: 'shared',
    scope: 'tenant:acme',
    per: pick(['hour', 'day', 'total'] as const, b) ?? 'day',
  } as const
  const lane = {
    ...shared,
    meter: 'lane',
    kind: c % 2 === 0 ? 'level' : 'peak',
    amount: 1,
    limit: 3,
    per: 'total',
  } as const
  return [own, { ...lane, meter: `lane-${lane.kind}` }, shared].slice(0, c % 4)
}
