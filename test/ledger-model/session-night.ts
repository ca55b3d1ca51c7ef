import type { Admission } from '../../src/core/admission.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { NoteOp, Op } from '../../src/core/ops.js'
import type { RunRow } from '../../src/core/run-row.js'
import { scopeOf } from '../../src/core/scope.js'
import type { Pair, Side } from './pair.js'

/** What happens next, and three numbers that pick whom it happens to and how. */
export type SessionEvent = readonly [what: number, a: number, b: number, c: number]

type Wish<O = Op> = O extends Op ? Omit<O, 'runId' | 'fence' | 'seq' | 'salt' | 'body'> : never

export const SESSION_DAWN_MS = Date.UTC(2026, 2, 1, 3)
const POLICIES = ['queue', 'steer', 'replace', 'refuse'] as const
const OUTCOMES = ['completed', 'refused', 'failed'] as const
const LEASE_MS = 900_000
const GAP_MS = 3_000
const IDLE_MS = 20_000
/** More than enough to bring everything to an end. */
const ROUNDS = 60

/**
 * A night of messages on two ledgers at once: twins, numbers out of order and missing, other bodies, all policies, closed and
 * idle sessions; runs that take messages in, write states, ask back, and are killed; workers that die; pruning. What an event
 * refers to is looked up on the first ledger.
 */
export class SessionNight {
  readonly runIds: string[] = []
  readonly codes = new Set<string>()
  private now = SESSION_DAWN_MS
  private salts = 0
  private readonly happenings: readonly ((a: number, b: number, c: number) => Promise<unknown>)[] = [
    ...[0, 1, 2, 3, 4].map(() => (a: number, b: number, c: number) => this.send(a, b, c)),
    ...[0, 1, 2].map(() => () => this.claim()),
    ...[0, 1, 2].map(() => (a: number, b: number) => this.absorb(a, b)),
    (a, b) => this.work(a, b),
    (a, b) => this.write(a, { kind: 'note', state: { version: 1 + (b % 2), text: `{"n":${b}}` } }),
    (a, b) => this.park(a, b),
    (a, b) => this.park(a, b),
    (a, b, c) => this.end(a, b, c),
    (a, b, c) => this.end(a, b, c),
    (a, b) => this.kill(a, b),
    (a) => this.release(a),
    () => this.pair.both('sweep', ({ ledger }) => ledger.sweepSwitched({ limit: 1_000 })),
    (a) => this.pair.both(`wake ${a}`, ({ ledger }) => ledger.wake({ runId: this.pick(this.runIds, a) ?? 'none' })),
    () => this.die(),
    (a) => this.passGaps(1 + (a % 2)),
    (a, b) => this.close(a, b),
    (a) => this.prune(1 + (a % 3)),
    (a) => this.advance([50, 1_500, GAP_MS, IDLE_MS][a % 4] ?? 0),
    (a) => this.advance([50, 1_500][a % 2] ?? 0),
  ]

  static readonly kinds = 27

  constructor(
    readonly pair: Pair,
    readonly mark: string,
  ) {}

  private get ledger(): Ledger {
    return this.pair.one.ledger
  }

  private get tenant(): string {
    return `tenant-${this.mark}`
  }

  async dusk(): Promise<void> {
    await this.advance(0)
    await this.register()
  }

  async happen([what, a, b, c]: SessionEvent): Promise<void> {
    await this.pick(this.happenings, what)?.(a, b, c)
  }

  /** Everybody is let go and works on, until all that was accepted has ended. Answers what has not. */
  async dawn(): Promise<RunRow[]> {
    for (const session of ['numbered', 'plain']) {
      const which = { tenant: this.tenant, session, by: 'dawn' }
      await this.pair.both(`reopen ${session}`, ({ ledger }) => ledger.reopenSession(which))
    }
    for (const { scope } of await this.engaged()) await this.releaseScope(scope)
    for (let round = 0; round < ROUNDS; round += 1) {
      await this.advance(GAP_MS)
      await this.passGaps(10)
      await this.claim()
      for (const run of await this.held()) await this.finish(run)
      if ((await this.live()).length === 0) return []
    }
    return this.live()
  }

  private async finish(run: RunRow): Promise<void> {
    for (const ref of run.open) await this.put(run.runId, { kind: 'settle', ref, did: 'failed', used: [] })
    await this.put(run.runId, ended('completed', run))
  }

  private pick<T>(list: readonly T[], n: number): T | undefined {
    return list[n % Math.max(1, list.length)]
  }

  private async rows(): Promise<RunRow[]> {
    return this.ledger.runs({ tenant: this.tenant, after: '', limit: 1_000 })
  }

  private async live(): Promise<RunRow[]> {
    return (await this.rows()).filter(({ state }) => state !== 'ended')
  }

  private async held(): Promise<RunRow[]> {
    return (await this.rows()).filter(({ state }) => state === 'running')
  }

  private async engaged() {
    return (await this.ledger.switches()).filter(({ engaged }) => engaged)
  }

  private async register(): Promise<void> {
    const serves = [0, 1].map((n) => `agent-${n}-${this.mark}@1#f`)
    const what = { name: 'w', leaseMs: LEASE_MS, serves, queues: [`queue-${this.mark}`] }
    await this.pair.both('register', async (side) => {
      side.workerIds.push((await side.ledger.workers.register(what)).workerId)
    })
  }

  private worker(side: Side): number {
    return side.workerIds.at(-1) ?? 0
  }

  /** Its runs are anybody's. */
  private async die(): Promise<void> {
    await this.pair.both('die', (side) => side.ledger.workers.retire({ workerId: this.worker(side) }))
    await this.register()
  }

  async advance(ms: number): Promise<void> {
    this.now += ms
    await this.pair.both(`advance ${ms}`, async (side) => {
      await side.setClock(this.now)
      return side.ledger.now()
    })
  }

  /** One session numbers its messages, the other does not; a rare one does the other way round. */
  private async send(a: number, b: number, c: number): Promise<void> {
    const runId = `run-${String(this.salts).padStart(4, '0')}-${this.mark}`
    this.salts += 1
    const session = a % 2 === 0 ? 'numbered' : 'plain'
    const place = 1 + (b % (4 + this.runIds.length))
    const sequence = (session === 'numbered') !== (c % 11 === 0) ? { sequence: place } : {}
    const agent = `agent-${c % 7 === 0 ? 1 : 0}-${this.mark}`
    const admission: Admission = {
      ...{ runId, tenant: this.tenant, agent, version: 1, fingerprint: 'f', queue: `queue-${this.mark}`, session },
      ...{ key: `${session}-${place}`, principal: null, origin: null, deadlineMs: c % 5 === 0 ? 4_000 : 90_000_000 },
      ...{ meters: [], body: '{"input":1}', salt: 'salt', inputDigest: c % 8 === 0 ? 'other' : 'same' },
      ...{ whileBusy: POLICIES[c % 4] ?? 'queue', gapMs: GAP_MS, idleMs: IDLE_MS, ...sequence },
    }
    const { key, whileBusy } = admission
    const { code } = await this.pair.both(`send ${JSON.stringify({ runId, key, whileBusy, ...sequence })}`, (side) =>
      side.ledger.admit(admission),
    )
    this.codes.add(`send ${code}`)
    if (code === 'ok') this.runIds.push(runId)
  }

  private async claim(): Promise<void> {
    await this.pair.both('claim', async (side) => {
      const found = await side.ledger.claim({ workerId: this.worker(side), limit: 100 })
      return found.sort((a, b) => (a.run.runId < b.run.runId ? -1 : 1))
    })
  }

  private async put(runId: string, wish: Wish): Promise<void> {
    const run = await this.ledger.run({ runId })
    if (!run) return
    this.salts += 1
    const op = {
      ...wish,
      runId,
      fence: run.fence,
      seq: run.headSeq + 1,
      salt: `${this.salts}`,
      body: `{"n":${this.salts}}`,
    }
    const [answer] = await this.pair.both(`apply ${JSON.stringify(op)}`, ({ ledger }) => ledger.apply([op]))
    this.codes.add(`${op.kind} ${answer?.code}`)
  }

  private async write(a: number, wish: Wish): Promise<void> {
    const run = this.pick(await this.held(), a)
    if (run) await this.put(run.runId, wish)
  }

  /** Those behind it in its session, from the first on mostly. */
  private async absorb(a: number, b: number): Promise<void> {
    const run = this.pick(await this.held(), a)
    if (!run) return
    const behind = (await this.rows())
      .filter(({ session, state, runId }) => session === run.session && state === 'queued' && runId !== run.runId)
      .sort((one, other) => (one.sessionNo ?? 0) - (other.sessionNo ?? 0))
      .slice(b % 5 === 0 ? 1 : 0)
      .slice(0, 1 + (b % 2))
    const note: Wish<NoteOp> = { kind: 'note', absorbs: behind.map(({ runId }) => runId) }
    await this.put(run.runId, b % 3 === 0 ? { ...note, state: { version: 1, text: `{"b":${b}}` } } : note)
  }

  private async work(a: number, b: number): Promise<void> {
    const run = this.pick(await this.held(), a)
    const [ref] = run?.open ?? []
    if (!run) return
    const begin = { kind: 'begin', step: `s${b}`, attempt: 1, tool: null, timeoutMs: 1_000, settlesMs: 0 } as const
    const wish =
      ref === undefined ? { ...begin, charges: [] } : ({ kind: 'settle', ref, did: 'failed', used: [] } as const)
    await this.put(run.runId, wish)
  }

  private async park(a: number, b: number): Promise<void> {
    const run = this.pick(await this.held(), a)
    if (!run) return
    const mailSeen = b % 3 === 0 ? run.mailSeen : run.mailHead
    const waits = b % 2 === 0 ? 'requester:q' : 'timer'
    await this.put(run.runId, { kind: 'park', waits, dueAt: null, dueInMs: 60_000, mailSeen })
  }

  private async end(a: number, b: number, c: number): Promise<void> {
    const run = this.pick(await this.held(), a)
    if (!run) return
    const end = ended(OUTCOMES[b % 3] ?? 'completed', run)
    await this.put(run.runId, c % 2 === 0 ? end : { ...end, state: { version: 2, text: `{"c":${c}}` } })
  }

  private async kill(a: number, b: number): Promise<void> {
    const scope = scopeOf.run(this.pick(this.runIds, a) ?? 'none')
    const asked = { scope, mode: b % 2 === 0 ? ('end' as const) : ('hold' as const), by: 'ann' }
    await this.pair.both(`engage ${scope}`, async ({ ledger }) => {
      const { epoch, at } = await ledger.engage(asked)
      return { epoch, at }
    })
  }

  private async release(a: number): Promise<void> {
    const one = this.pick(await this.engaged(), a)
    if (one) await this.releaseScope(one.scope)
  }

  private async releaseScope(scope: string): Promise<void> {
    await this.pair.both(`release ${scope}`, ({ ledger }) => ledger.release({ scope, by: 'bob', jitterMs: 0 }))
  }

  private async passGaps(limit: number): Promise<void> {
    const passed = await this.pair.both(`passGaps ${limit}`, ({ ledger }) => ledger.passGaps({ limit }))
    this.codes.add(`gaps ${Math.min(1, passed)}`)
  }

  private async close(a: number, b: number): Promise<void> {
    const which = { tenant: this.tenant, session: a % 2 === 0 ? 'numbered' : 'plain', by: 'ann' }
    const closes = b % 3 === 0
    const { code } = await this.pair.both(`${closes ? 'close' : 'reopen'} ${which.session}`, ({ ledger }) =>
      closes ? ledger.closeSession({ ...which, reason: 'so' }) : ledger.reopenSession(which),
    )
    this.codes.add(`close ${code}`)
  }

  private async prune(limit: number): Promise<void> {
    const endedBefore = this.now - 1_000
    const pruned = await this.pair.both(`prune ${limit}`, ({ ledger }) => ledger.prune({ endedBefore, limit }))
    this.codes.add(`prune ${Math.min(1, pruned)}`)
  }
}

function ended(outcome: (typeof OUTCOMES)[number], run: RunRow) {
  return { kind: 'end', outcome, detail: outcome, mailSeen: run.mailHead, dueAt: null } as const
}
