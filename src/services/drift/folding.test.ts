import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Ledger } from '../../core/ledger.js'
import { postgresLedger } from '../../ledger/postgres/ledger.js'
import { Scene } from '../../testing/conformance/scene.js'
import { foldSome } from './folding.js'

const PROCESSES = 4
const RUNS = 60

let database: TestDatabase
let ledgers: Ledger[]

beforeAll(async () => {
  database = await freshDatabase()
  ledgers = await Promise.all(
    Array.from({ length: PROCESSES }, () => postgresLedger({ url: database.url, poolSize: 2 })),
  )
})
afterAll(async () => {
  await Promise.all((ledgers ?? []).map((ledger) => ledger.close()))
  await database?.drop()
})

const sceneOn = (ledger: Ledger) => new Scene({ ledger, advance: async () => undefined, close: async () => undefined })

/** Folds until nothing waits, beside others who do. */
async function foldAway(ledger: Ledger, limit: number): Promise<number> {
  for (let folded = 0; ; ) {
    const { code, runs } = await foldSome(ledger, limit)
    if (code === 'ok' && runs === 0) return folded
    if (code === 'ok') folded += runs
  }
}

it('counts each run once, however many fold at once and in whatever batches', { timeout: 60_000 }, async () => {
  const [ledger] = ledgers
  if (!ledger) throw new RangeError('no ledger')
  const scene = sceneOn(ledger)
  for (let n = 0; n < RUNS; n += 1) {
    const hand = await scene.held()
    await hand.must(hand.end())
  }
  const folded = await Promise.all(ledgers.map((one, i) => foldAway(one, 3 + 4 * i)))
  expect(folded.reduce((sum, runs) => sum + runs, 0)).toBe(RUNS)
  for (const span of ['day', 'hour'] as const) {
    const points = await ledger.drift.points({ agent: scene.agent, span, since: 0 })
    expect(points.reduce((sum, { tally }) => sum + (tally.runs ?? 0), 0)).toBe(RUNS)
  }
  expect(await ledger.drift.progress()).toEqual({ waiting: 0, oldest: null, lost: 0 })
})

it('a tripwire that every worker sees at once trips once, and engages once', async () => {
  const agent = 'tripped'
  const trip = { agent, wire: 'cost', act: { kind: 'hold' }, evidence: '{"found":3}', since: 0 } as const
  const codes = await Promise.all([...ledgers, ...ledgers].map(async ({ drift }) => (await drift.trip(trip)).code))
  expect(codes.sort()).toEqual(['ok', ...Array.from({ length: 2 * PROCESSES - 1 }, () => 'standing')])
  const [ledger] = ledgers
  const moves = (await ledger?.switchHistory())?.filter(({ scope }) => scope === `agent:${agent}`)
  expect(moves).toMatchObject([{ mode: 'hold', engaged: true, by: 'tripwire:cost' }])
  const notices = (await ledger?.notices({ limit: 100, retryAfterMs: 0 }))?.filter(({ kind }) => kind === 'tripwire')
  expect(notices).toHaveLength(1)
})
