import { randomBytes } from 'node:crypto'
import { Batcher } from '../../src/ledger/batcher.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import type { Contender, Order, Setting } from '../contender.js'
import type { BeginOp, Sample, SettleOp } from '../sample.js'
import type { Tally } from '../tally.js'

type Ledger = Awaited<ReturnType<typeof postgresLedger>>
const AGENT = { agent: 'floor', version: 1, fingerprint: 'floor' }

/** A run as its holder knows it, without a runtime: where its journal stands. */
interface Held {
  readonly runId: string
  readonly fence: number
  head: number
}

/**
 * What the ledger can do at best: the same writes as those of governed steps (sizes, charges, meters, effect keys), sent
 * straight to `apply` by the same batcher. As in the runtime a settle rides with the next begin; `pairs` sends each alone.
 */
export async function floor(setting: Setting, ride: boolean): Promise<Contender> {
  const { sample, url } = setting
  if (!sample) throw new Error('The floor needs a sample of the writes.')
  const ledger = await postgresLedger({ url, owner: true })
  for (const ceiling of sample.ceilings) await ledger.setCeiling({ ...ceiling, by: 'bench' })
  const { agent, version, fingerprint } = AGENT
  const serves = [`${agent}@${version}#${fingerprint}`]
  const worker = await ledger.workers.register({ name: 'floor', leaseMs: 86_400_000, serves, queues: ['default'] })
  const batcher = new Batcher(ledger, {
    now: Date.now,
    monotonic: () => performance.now(),
    sleep: pause,
    timer: ring,
    soon: setImmediate,
  })
  const held: Held[] = []
  return {
    async prepare(lanes) {
      while (held.length < lanes) held.push(await heldRun(ledger, worker.workerId, sample))
    },
    async work({ lanes }: Order, tally) {
      const lane = ride ? rideLane : pairLane
      await Promise.all(held.slice(0, lanes).map((run) => lane(batcher, run, sample, tally)))
    },
    close: () => ledger.close(),
  }
}

/** One commit for a step: its begin takes the settle of the step before along. */
async function rideLane(batcher: Batcher, run: Held, sample: Sample, tally: Tally): Promise<void> {
  let begun: number | null = null
  while (!tally.over) {
    const from = performance.now()
    const settled: SettleOp[] = begun === null ? [] : [settleOf(run, sample, begun)]
    begun = run.head + 1 + settled.length
    await write(batcher, run, [...settled, beginOf(run, sample, begun)])
    tally.step(performance.now() - from)
  }
  if (begun !== null) await write(batcher, run, [settleOf(run, sample, begun)])
}

/** Two commits for a step. */
async function pairLane(batcher: Batcher, run: Held, sample: Sample, tally: Tally): Promise<void> {
  while (!tally.over) {
    const from = performance.now()
    const begun = run.head + 1
    await write(batcher, run, [beginOf(run, sample, begun)])
    await write(batcher, run, [settleOf(run, sample, begun)])
    tally.step(performance.now() - from)
  }
}

async function write(batcher: Batcher, run: Held, ops: readonly (BeginOp | SettleOp)[]): Promise<void> {
  const answers = await batcher.submit(ops)
  const refused = answers.find((answer) => answer.code !== 'ok')
  if (refused) throw new Error(`The floor was refused: ${JSON.stringify(refused)}`)
  run.head += ops.length
}

function beginOf({ runId, fence }: Held, { begin }: Sample, seq: number): BeginOp {
  const key = `${runId}${seq}`.slice(-64).padEnd(64, '0')
  return { ...begin, runId, fence, seq, ...(begin.effect ? { effect: { ...begin.effect, key } } : {}) }
}

function settleOf({ runId, fence, head }: Held, { settle }: Sample, ref: number): SettleOp {
  return { ...settle, runId, fence, seq: head + 1, ref }
}

async function heldRun(ledger: Ledger, workerId: number, sample: Sample): Promise<Held> {
  const runId = `floor-${randomBytes(12).toString('hex')}`
  await ledger.admit({
    ...AGENT,
    runId,
    tenant: 'default',
    queue: 'default',
    key: null,
    session: null,
    principal: null,
    origin: null,
    deadlineMs: 86_400_000,
    meters: sample.meters,
    body: '{}',
    salt: sample.begin.salt,
    inputDigest: '',
  })
  const [claimed] = await ledger.claim({ workerId, limit: 1, runId })
  if (!claimed) throw new Error('The floor could not claim its run.')
  return { runId, fence: claimed.run.fence, head: claimed.run.headSeq }
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
const ring = (ms: number, bell: () => void) => {
  const timer = setTimeout(bell, ms)
  return () => clearTimeout(timer)
}
