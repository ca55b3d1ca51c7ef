import { v7 } from 'uuid'
import type { Admission } from '../../core/admission.js'
import type { Ledger, Wake } from '../../core/ledger.js'
import type { BoundScope } from '../../core/queues.js'
import type { RunRow } from '../../core/run-row.js'
import { Hand } from './hand.js'

/** A ledger under test whose clock can be put forward. */
export interface Fixture {
  readonly ledger: Ledger
  advance(ms: number): Promise<void>
  close(): Promise<void>
}

let scenes = 0

/** What one clause plays on: a tenant, an agent and a queue of its own, so that clauses share a ledger in peace. */
export class Scene {
  readonly ledger: Ledger
  readonly tenant: string
  readonly agent: string
  readonly queue: string
  private readonly deafen: (() => Promise<void>)[] = []

  constructor(private readonly fixture: Fixture) {
    scenes += 1
    this.ledger = fixture.ledger
    // Unique for ever: a database may outlive the process that counts.
    const mark = `${scenes}-${v7().slice(-8)}`
    this.tenant = `tenant-${mark}`
    this.agent = `agent-${mark}`
    this.queue = `queue-${mark}`
  }

  advance(ms: number): Promise<void> {
    return this.fixture.advance(ms)
  }

  /** Registers a worker that serves this scene's agent. */
  async worker(wish: { leaseMs?: number; serves?: readonly string[]; queues?: readonly string[] } = {}) {
    const { leaseMs = 60_000, serves = [`${this.agent}@1#print`], queues = [this.queue] } = wish
    const { workerId } = await this.ledger.workers.register({ name: 'worker', leaseMs, serves, queues })
    return workerId
  }

  admission(wish: Partial<Admission> = {}): Admission {
    const who = { tenant: this.tenant, agent: this.agent, version: 1, fingerprint: 'print', queue: this.queue }
    const what = { key: null, session: null, principal: null, origin: null, deadlineMs: 3_600_000 }
    const content = {
      meters: ['usd', 'steps', 'context_tokens'],
      body: '{"input":1}',
      salt: 'salt',
      inputDigest: 'one',
    }
    return { runId: v7(), ...who, ...what, ...content, ...wish }
  }

  /** Admits a run and answers with its id. */
  async admit(wish: Partial<Admission> = {}): Promise<string> {
    return (await this.ledger.admit(this.admission(wish))).runId
  }

  /** Claims one run, or fails the clause. */
  async claim(workerId: number, runId: string): Promise<Hand> {
    const [claimed] = await this.ledger.claim({ workerId, limit: 1, runId })
    if (!claimed) throw new RangeError('the run could not be claimed')
    return new Hand(this.ledger, claimed.run)
  }

  /** Which runs a worker gets when it asks for any. */
  async claims(workerId: number, limit = 100): Promise<string[]> {
    return (await this.ledger.claim({ workerId, limit })).map(({ run }) => run.runId)
  }

  /** A run in the hands of a worker of its own. */
  async held(wish: Partial<Admission> = {}): Promise<Hand> {
    return this.claim(await this.worker(), await this.admit(wish))
  }

  /** The same run in the hands of another worker, after the first one's lease ran out. */
  async takenOver(hand: Hand, wish: { leaseMs?: number } = {}): Promise<Hand> {
    await this.advance(60_000)
    return this.claim(await this.worker(wish), hand.runId)
  }

  async run(runId: string): Promise<RunRow> {
    const row = await this.ledger.run({ runId })
    if (!row) throw new RangeError(`no run ${runId}`)
    return row
  }

  /** Listens; the promise of `heard` resolves when such a wake came. */
  async listen(): Promise<(kind: Wake['kind'], name: string) => Promise<void>> {
    const wakes: Wake[] = []
    const waiting: { kind: string; name: string; resolve: () => void }[] = []
    this.deafen.push(
      await this.ledger.listen((wake) => {
        wakes.push(wake)
        for (const one of waiting) if (one.kind === wake.kind && one.name === wake.name) one.resolve()
      }),
    )
    return (kind, name) =>
      new Promise((resolve) => {
        if (wakes.some((wake) => wake.kind === kind && wake.name === name)) resolve()
        else waiting.push({ kind, name, resolve })
      })
  }

  /** Lets go of what the clause left on: switches and bounds are for all scenes. */
  async leave(): Promise<void> {
    for (const deafen of this.deafen) await deafen()
    for (const { scope } of await this.ledger.queues.lines({ limit: 1_000 })) {
      for (const one of [scope, `${scope.split(':')[0]}:*`] as BoundScope[]) {
        await this.ledger.queues.setBound({ scope: one, max: null, by: 'scene' })
      }
    }
    for (const { scope, engaged } of await this.ledger.switches()) {
      if (engaged) await this.ledger.release({ scope, by: 'scene', jitterMs: 0 })
    }
  }
}
