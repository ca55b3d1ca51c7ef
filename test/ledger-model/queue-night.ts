import fc from 'fast-check'
import type { Admission } from '../../src/core/admission.js'
import { inspectFacts } from '../../src/core/invariants/inspect.js'
import { readFacts } from '../../src/core/invariants/read.js'
import { type BoundScope, PRIORITIES } from '../../src/core/queues.js'
import type { RunRow } from '../../src/core/run-row.js'
import { Hand } from '../../src/testing/conformance/hand.js'
import { DAWN_MS } from './night.js'
import { Pair, type Side } from './pair.js'
import type { Stage } from './play.js'

/** What happens, and three numbers that say to whom. */
export type QueueEvent = readonly [kind: number, a: number, b: number, c: number]

const BOUNDED = ['queue', 'tenant', 'agent'] as const

/** Starts, bounds, claims and ends, on two ledgers at once; every admission and park has a moment of its own. */
export class QueueNight {
  static readonly kinds = 6
  readonly codes = new Set<string>()
  private now = DAWN_MS
  private made = 0
  private held: RunRow[] = []

  constructor(
    readonly pair: Pair,
    readonly mark: string,
  ) {}

  async dusk(): Promise<void> {
    await this.pass(1)
    const what = { name: 'w', leaseMs: 90_000_000, serves: [0, 1].map((i) => `agent-${i}-${this.mark}@1#f`) }
    for (const queues of [[this.queue(0)], [this.queue(0), this.queue(1)]]) {
      await this.pair.both('register', async (side) => {
        const { workerId, ...rest } = await side.ledger.workers.register({ ...what, queues })
        side.workerIds.push(workerId)
        return rest
      })
    }
  }

  async happen([kind, a, b, c]: QueueEvent): Promise<void> {
    await this.pass(kind === 5 ? 1 + a * 400 : 1)
    if (kind <= 1) await this.admit(a, b, c)
    else if (kind === 2) await this.claim(a, b, c)
    else if (kind === 3) await this.bound(a, b, c)
    else if (kind === 4) await this.leave(a, b)
  }

  private queue(i: number): string {
    return `queue-${i % 2}-${this.mark}`
  }

  private async pass(ms: number): Promise<void> {
    this.now += ms
    for (const side of [this.pair.one, this.pair.other]) await side.setClock(this.now)
  }

  private async admit(a: number, b: number, c: number): Promise<void> {
    this.made += 1
    const who = {
      agent: `agent-${a % 2}-${this.mark}`,
      version: 1,
      fingerprint: 'f',
      tenant: `tenant-${b % 3}-${this.mark}`,
    }
    const urgent = { priority: PRIORITIES[c % 3] ?? 'normal', ...(c % 11 === 0 && { owed: true }) }
    const how = {
      key: a % 7 === 0 ? `k${b % 3}` : null,
      session: c % 5 === 0 ? `s${a % 2}` : null,
      principal: null,
      origin: null,
    }
    const content = { meters: ['steps'], body: '{"input":1}', salt: 's', inputDigest: 'd' }
    const admission: Admission = {
      runId: `run-${String(this.made).padStart(4, '0')}-${this.mark}`,
      ...{
        ...who,
        ...urgent,
        ...how,
        ...content,
        queue: this.queue(b >> 2),
        deadlineMs: b % 4 === 0 ? 6_000 : 9_000_000,
      },
    }
    const { code, overload, shed } = await this.pair.both(`admit ${JSON.stringify(admission)}`, ({ ledger }) =>
      ledger.admit(admission),
    )
    this.codes.add(overload ? `${code} ${overload.why}` : shed ? 'shed' : code)
  }

  private async claim(a: number, b: number, c: number): Promise<void> {
    const p = { limit: 1 + (b % 6), ...(c % 3 === 0 && { perTenant: 1 + (c % 4) }) }
    const claimed = await this.pair.both(`claim ${a % 2} ${JSON.stringify(p)}`, (side) =>
      side.ledger.claim({ workerId: side.workerIds[a % 2] ?? 0, ...p }),
    )
    this.held.push(...claimed.map(({ run }) => run))
  }

  private async bound(a: number, b: number, c: number): Promise<void> {
    const kind = BOUNDED[a % 3] ?? 'queue'
    const name = { queue: this.queue(b), tenant: `tenant-${b % 3}-${this.mark}`, agent: `agent-${b % 2}-${this.mark}` }[
      kind
    ]
    const scope: BoundScope = `${kind}:${kind === 'tenant' && b % 5 === 0 ? '*' : name}`
    const max = c % 4 === 0 ? null : 1 + (c % 9)
    await this.pair.both(`bound ${scope} ${max}`, ({ ledger }) => ledger.queues.setBound({ scope, max, by: 'ann' }))
  }

  /** A run that is held parks for a while, or ends. */
  private async leave(a: number, b: number): Promise<void> {
    const run = this.held[a % Math.max(1, this.held.length)]
    if (!run) return
    this.held = this.held.filter((one) => one !== run)
    const salt = `l${a}`
    await this.pair.both(`leave ${run.runId} ${b}`, async (side) => {
      const hand = new Hand(side.ledger, run)
      const op = b % 3 === 0 ? hand.park({ dueInMs: 1 + b * 7 }) : hand.end()
      return (await side.ledger.apply([{ ...op, salt }])).map(({ code }) => code)
    })
  }

  async compare(): Promise<void> {
    const ours = <T extends { readonly scope?: string; readonly queue?: string }>(rows: readonly T[]) =>
      rows.filter(({ scope = '', queue = '' }) => `${scope}${queue}`.endsWith(this.mark))
    await this.pair.both('lines', async ({ ledger }) => ours(await ledger.queues.lines({ limit: 1_000 })))
    await this.pair.both('queues', async ({ ledger }) => ours(await ledger.queues.list()))
    for (const tenant of [0, 1, 2].map((i) => `tenant-${i}-${this.mark}`)) {
      const rows = await this.pair.both('runs', ({ ledger }) => ledger.runs({ tenant, after: '', limit: 1_000 }))
      for (const { runId } of rows) await this.pair.both(`journal ${runId}`, ({ ledger }) => ledger.journal({ runId }))
    }
    for (const side of [this.pair.one, this.pair.other]) await keepsPromises(side, this.pair)
  }
}

async function keepsPromises({ name, ledger }: Side, { log }: Pair): Promise<void> {
  const broken = inspectFacts(await readFacts(ledger)).map((one) => JSON.stringify(one))
  if (broken.length > 0) throw new Error([`${name} broke a promise:`, ...broken, 'After:', ...log].join('\n'))
}

const events = fc.noBias(
  fc.array(fc.tuple(fc.nat(QueueNight.kinds - 1), fc.nat(99), fc.nat(99), fc.nat(99)), {
    minLength: 40,
    maxLength: 140,
    size: 'max',
  }),
)

/** Both ledgers let in, turn away, shed and hand out the same, in the same order. */
export function queuedAlike(stage: () => Promise<Stage>, then: (night: QueueNight) => void = () => undefined) {
  return fc.asyncProperty(events, async (sequence: readonly QueueEvent[]) => {
    const { one, other, mark } = await stage()
    const night = new QueueNight(new Pair(one, other), mark)
    try {
      await night.dusk()
      for (const event of sequence) await night.happen(event)
      await night.compare()
      then(night)
    } finally {
      await other.ledger.queues.setBound({ scope: 'tenant:*', max: null, by: 'morning' })
    }
  })
}
