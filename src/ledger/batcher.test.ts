import { beforeEach, expect, it } from 'vitest'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import type { Answer, Op } from '../core/ops.js'
import { type ManualClock, manualClock } from '../testing/manual-clock.js'
import { Batcher } from './batcher.js'

interface Flight {
  readonly ops: readonly Op[]
  land(): Promise<void>
  fail(error: unknown): Promise<void>
}

let clock: ManualClock
let flights: Flight[]
let batcher: Batcher
const away = () => new MidwatchError('ledger_away', 'The ledger is away.')

async function turns(): Promise<void> {
  for (let n = 0; n < 4; n += 1) await new Promise((done) => setImmediate(done))
}

beforeEach(() => {
  clock = manualClock()
  flights = []
  const apply = (ops: readonly Op[]) =>
    new Promise<Answer[]>((resolve, reject) => {
      flights.push({
        ops,
        land: () => {
          resolve(ops.map((op) => ({ code: 'ok', at: op.seq })))
          return turns()
        },
        fail: (error) => {
          reject(error)
          return turns()
        },
      })
    })
  batcher = new Batcher({ apply }, clock)
})

const op = (runId: string, seq = 1, body = '{}') => ({ kind: 'note', runId, fence: 1, seq, salt: 's', body }) as Op
const runsOf = (flight: Flight | undefined) => flight?.ops.map((o) => o.runId)

it('takes along all that one turn sets going, and gives each its own answers', async () => {
  const first = batcher.submit([op('a', 1), op('a', 2)])
  const second = batcher.submit([op('b', 7)])
  await turns()
  expect(flights.map(runsOf)).toEqual([['a', 'a', 'b']])
  await flights[0]?.land()
  expect((await first).map((a) => a.at)).toEqual([1, 2])
  expect((await second).map((a) => a.at)).toEqual([7])
})

it('takes what comes late at the boarding, and answers who brings nothing at once', async () => {
  const late: Op[] = []
  const answers = batcher.submitSoon(() => late)
  const nothing = batcher.submitSoon(() => [])
  late.push(op('late', 3), op('late', 4))
  await turns()
  expect([flights.map(runsOf), await nothing]).toEqual([[['late', 'late']], []])
  await flights[0]?.land()
  expect((await answers).map((a) => a.at)).toEqual([3, 4])
})

it('lets few wait for the batch in flight, and many go at once', async () => {
  void batcher.submit([op('first')])
  await turns()
  void batcher.submit([op('few')])
  await turns()
  expect(flights).toHaveLength(1)
  for (let n = 0; n < 16; n += 1) void batcher.submit([op(`many${n}`)])
  await turns()
  expect(flights).toHaveLength(2)
  for (let n = 0; n < 40; n += 1) void batcher.submit([op(`more${n}`)])
  await turns()
  expect(flights).toHaveLength(2)
  await flights[0]?.land()
  expect(flights).toHaveLength(3)
})

it('lets nobody wait for a batch that is late', async () => {
  void batcher.submit([op('slow')])
  await turns()
  void batcher.submit([op('few')])
  await turns()
  await clock.advance(20)
  await turns()
  expect(flights.map(runsOf)).toEqual([['slow']])
  await clock.advance(1)
  await turns()
  expect(flights.map(runsOf)).toEqual([['slow'], ['few']])
  // There is no third, however late the two may be.
  void batcher.submit([op('next')])
  await turns()
  await clock.advance(100)
  await turns()
  expect(flights).toHaveLength(2)
  await flights[1]?.land()
  expect(flights.map(runsOf)).toEqual([['slow'], ['few'], ['next']])
})

it('gives a large batch more time', async () => {
  for (let n = 0; n < 40; n += 1) void batcher.submit([op(`many${n}`)])
  await turns()
  // Two batches of even size: with one landed, the other is in flight alone.
  const [, second] = flights
  await second?.land()
  void batcher.submit([op('few')])
  await turns()
  const before = flights.length
  await clock.advance(24)
  await turns()
  expect(flights).toHaveLength(before)
  await clock.advance(2)
  await turns()
  expect(flights).toHaveLength(before + 1)
})

it('holds no more ops and bytes in a batch than the ledger takes, and never parts a submission', async () => {
  const big = 'x'.repeat(LIMITS.batch_bytes - 10)
  void batcher.submit([op('small')])
  void batcher.submit([op('big', 1, big)])
  void batcher.submit([op('next', 1, 'y'.repeat(20))])
  await turns()
  expect(runsOf(flights[0])).toEqual(['small', 'big'])
  await flights[0]?.land()
  expect(runsOf(flights[1])).toEqual(['next'])
  await flights[1]?.land()
  const many = Array.from({ length: LIMITS.batch_ops + 5 }, (_, n) => op('long', n))
  void batcher.submit(many)
  void batcher.submit([op('after')])
  await turns()
  expect(flights[2]?.ops).toHaveLength(LIMITS.batch_ops + 5)
})

it('sends the same ops again for as long as the ledger is away, and says that it is', async () => {
  const answers = batcher.submit([op('a')])
  await turns()
  for (let n = 0; n < 20; n += 1) {
    expect(flights).toHaveLength(n + 1)
    await flights[n]?.fail(away())
    expect(batcher.away).toBe(true)
    await clock.advance(Math.min(50 * 2 ** n, 1_000) - 1)
    expect(flights).toHaveLength(n + 1)
    await clock.advance(1)
    await turns()
  }
  await flights[20]?.land()
  expect([(await answers).length, batcher.away]).toEqual([1, false])
  expect(new Set(flights.map((f) => JSON.stringify(f.ops))).size).toBe(1)
})

it('lets a fault that sending again cannot mend fail its own batch alone', async () => {
  const failed = batcher.submit([op('a')]).catch((error: Error) => error.message)
  await turns()
  const next = batcher.submit([op('b')])
  await flights[0]?.fail(new Error('no such function'))
  expect(await failed).toBe('no such function')
  await turns()
  await flights[1]?.land()
  expect(await next).toHaveLength(1)
})

it('gives up what cannot be delivered once it is closed', async () => {
  const answers = batcher.submit([op('a')]).catch((error: MidwatchError) => error.code)
  await turns()
  await flights[0]?.fail(away())
  batcher.close()
  await clock.advance(50)
  await turns()
  await flights[1]?.fail(away())
  expect(await answers).toBe('ledger_away')
})
