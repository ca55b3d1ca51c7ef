import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import type { RunRow } from '../src/core/run-row.js'
import { DAWN_MS } from './ledger-model/night.js'
import { batchOf, drawOf, type Making } from './strides/batch.js'
import { inMemory, inPostgres, type Side } from './strides/sides.js'

/** For a long proof: how many nights of each kind, and the seed of the first. */
const NIGHTS = Number(process.env.MIDWATCH_MODEL_RUNS ?? 3)
const SEED = Number(process.env.MIDWATCH_SEED ?? 20_260_131)
const [RUNS, BATCHES] = [10, 14]

let [taking, stepping, memory] = [] as unknown as [Side, Side, Side]
const all = () => [taking, stepping, memory]

beforeAll(async () => {
  ;[taking, stepping, memory] = [await inPostgres('taken'), await inPostgres('one by one'), await inMemory()]
})
afterAll(() => Promise.all(all().map((side) => side?.close())))

/** The same is asked of all; both databases answer the same to the letter, memory but for the spelling of facts. */
async function same<T>(ask: (ledger: Ledger) => Promise<T>): Promise<T> {
  const [taken, stepped, remembered] = await Promise.all(all().map(({ ledger }) => ask(ledger)))
  if (!isDeepStrictEqual(taken, stepped)) expect(taken).toEqual(stepped)
  if (!isDeepStrictEqual(told(taken), told(remembered))) expect(told(taken)).toEqual(told(remembered))
  return taken as T
}

/** Hashes cover how each ledger spells its facts; and a meter that counts nothing may stand for a begin that was refused. */
const told = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify([value], (key, item) =>
      SPELLING.has(key) || (item?.used === 0 && item.reserved === 0) ? undefined : item,
    ),
  )
/** And a life is a server's own. */
const SPELLING = new Set(['factsText', 'hash', 'headHash', 'life', 'known'])

const counting = (rows: readonly { readonly used: number; readonly reserved: number }[]) =>
  rows
    .filter(({ used, reserved }) => used + reserved > 0)
    .map((row) => JSON.stringify(row))
    .sort()

let night = 0
let now = DAWN_MS

/** A night of batches, of whose runs so many in a hundred do something odd; answers what share was taken at one stroke. */
async function play(oddness: number): Promise<number> {
  night += 1
  const draw = drawOf(SEED + night)
  const mark = `n${night}`
  const [before, sent] = [await taking.taken(), { strides: 0 }]
  const numbers: number[] = []
  const plain: Making = { draw, oddness: 0, next: () => 10_000 * night + numbers.push(0) }
  await pass(1_000)
  const { workerId } = await same(({ workers }) =>
    workers.register({ name: 'w', leaseMs: 9_000_000, serves: [`${mark}@1#f`], queues: [mark] }),
  )
  const runIds = Array.from({ length: RUNS }, (_, i) => `run-${mark}-${i}`)
  for (const [i, runId] of runIds.entries()) await admit(runId, mark, i)
  if (oddness > 0 && night % 2 === 0)
    await same(({ setCeiling }) => setCeiling({ scope: 'fleet', meter: 'calls', per: 'total', limit: 9, by: 'ann' }))
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await pass(draw(40))
    await same(({ claim }) =>
      claim({ workerId, limit: 100 }).then((claimed) => claimed.map(({ run }) => run.runId).sort()),
    )
    if (oddness > 0 && batch % 5 === 4) await killed(`tenant:t${batch % 2}-${mark}`, batch % 2 === 0)
    if (oddness > 0 && batch % 4 === 1) await opened(`tool:breaker-${draw(3)}-${mark}`)
    const ops = batchOf(await rowsOf(runIds), batch % 3 === 2 ? { ...plain, oddness } : plain)
    sent.strides += new Set(ops.map(({ runId }) => runId)).size
    await same(({ apply }) => apply(ops))
  }
  await same(({ setCeiling }) => setCeiling({ scope: 'fleet', meter: 'calls', per: 'total', limit: null, by: 'ann' }))
  await compare(runIds, [`tenant:t0-${mark}`, `tenant:t1-${mark}`, 'fleet'])
  return ((await taking.taken()) - before) / sent.strides
}

async function pass(ms: number): Promise<void> {
  now += ms
  await Promise.all(all().map((side) => side.setClock(now)))
}

async function admit(runId: string, mark: string, i: number): Promise<void> {
  const who = {
    tenant: `t${i % 2}-${mark}`,
    agent: mark,
    version: 1,
    fingerprint: 'f',
    queue: mark,
    principal: null,
    origin: null,
  }
  const content = { key: null, session: null, body: '{}', salt: 's', inputDigest: 'd', deadlineMs: 90_000_000 }
  // Pins of two kinds, so that the same charge lies at different places.
  const meters = i % 3 === 0 ? ['usd', 'steps', 'context_tokens'] : ['steps', 'context_tokens', 'usd', 'strikes']
  await same(({ admit: write }) => write({ runId, ...who, ...content, meters }))
}

async function killed(scope: string, on: boolean): Promise<void> {
  if (on) await same(({ engage }) => engage({ scope, mode: 'hold', by: 'ann' }).then(({ epoch }) => epoch))
  else
    for (const row of await memory.ledger.switches())
      if (row.engaged) await same(({ release }) => release({ scope: row.scope, by: 'ann', jitterMs: 0 }))
}

/** Opens a breaker for less than a few batches take: so its probes are met, too. */
async function opened(key: string): Promise<void> {
  const revision = (await memory.ledger.breakers.list()).find((row) => row.key === key)?.revision ?? 0
  const how = { to: 'open', coolDownMs: 30, probesMost: 2, opened: 1, reason: 'so' } as const
  await same(({ breakers }) => breakers.move({ key, revision, ...how }))
}

async function rowsOf(runIds: readonly string[]): Promise<RunRow[]> {
  const rows = await Promise.all(runIds.map((runId) => memory.ledger.run({ runId })))
  return rows.filter((row) => row !== null)
}

async function compare(runIds: readonly string[], scopes: readonly string[]): Promise<void> {
  for (const runId of runIds) {
    await same(({ run }) => run({ runId }))
    await same(({ journal }) => journal({ runId }))
    await same(({ evidence }) => evidence({ runId }))
    await same(async ({ effects }) => (await effects({ runId })).sort((a, b) => (a.key < b.key ? -1 : 1)))
  }
  for (const scope of scopes) await same(({ meters }) => meters({ scope }).then(counting))
  await same(({ breakers }) => breakers.list())
}

it(`nights of plain steps are worked in strides, as one by one (seed ${SEED})`, { timeout: 9_000_000 }, async () => {
  for (let n = 0; n < NIGHTS; n += 1) expect(await play(0)).toBeGreaterThan(0.8)
})

it('nights of odd ops among them are answered and written alike, to the letter', { timeout: 9_000_000 }, async () => {
  let share = 0
  for (let n = 0; n < 2 * NIGHTS; n += 1) share += (await play(10 + 15 * (n % 4))) / (2 * NIGHTS)
  expect(share).toBeGreaterThan(0.1)
  expect(share).toBeLessThan(0.8)
})
