import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { verifyLedger } from '../src/core/invariants/verify.js'
import type { Ledger } from '../src/core/ledger.js'
import type { Op } from '../src/core/ops.js'
import { Batcher } from '../src/ledger/batcher.js'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import { systemClock } from '../src/orchestrator/system-clock.js'
import { type Cut, WireProxy } from '../src/rehearse/real/wire-proxy.js'
import { effect, question, sharedCharge } from '../src/testing/conformance/hand.js'
import { Scene } from '../src/testing/conformance/scene.js'
import { freshDatabase, type TestDatabase } from './database.js'
import { asking, kindsOf } from './isolation/stage.js'

let database: TestDatabase
let proxy: WireProxy
/** The ledger by a connection that is cut, and by one that is not. */
let cuttable: Ledger
let ledger: Ledger
let scene: Scene
let now = Date.UTC(2026, 0, 31, 12)

async function advance(ms: number): Promise<void> {
  now += ms
  await database.setClock(now)
}

beforeAll(async () => {
  database = await freshDatabase()
  await advance(0)
  proxy = await WireProxy.before(database.url)
  cuttable = await postgresLedger({ url: proxy.url })
  ledger = await postgresLedger({ url: database.url })
})
beforeEach(() => {
  scene = new Scene({ ledger, advance, close: () => Promise.resolve() })
})
afterEach(() => scene.leave())
afterAll(async () => {
  const { violations } = await verifyLedger(ledger)
  await cuttable.close()
  await ledger.close()
  await proxy.close()
  await database.drop()
  expect(violations).toEqual([])
})

/** Does something whose answer is lost; what the ledger says of it must be `ledger_away`, to be sent again. */
async function lose(when: Cut, naming: string, act: () => Promise<unknown>): Promise<void> {
  const cut = proxy.cut(when, naming)
  await expect(act()).rejects.toMatchObject({ code: 'ledger_away', retryable: true })
  await cut
}

const codes = async (ops: readonly Op[]) => (await cuttable.apply(ops)).map(({ code }) => code)

it.each([
  ['before', ['ok', 'ok']],
  ['after', ['already', 'already']],
] as const)(
  'a batch cut %s its commit and sent again under the fence is answered %j and written once',
  async (when, said) => {
    const hand = await scene.held()
    const scope = `tenant:${scene.tenant}`
    const begin = hand.begin({ effect: effect('cut'), charges: [sharedCharge(scope, 5, 10)] })
    const note = { ...hand.note(), seq: begin.seq + 1 }
    await lose(when, hand.runId, () => cuttable.apply([begin, note]))
    expect(await codes([begin, note])).toEqual(said)
    expect(await kindsOf(scene, hand.runId)).toEqual(['admit', 'claim', 'begin', 'note'])
    expect((await ledger.meters({ scope }))[0]).toMatchObject({ used: 0, reserved: 5 })
    expect(await ledger.effect({ tenant: scene.tenant, tool: 'tool', key: 'cut' })).toMatchObject({ attempt: 1 })
  },
)

it('a begin that is there already brings what its worker needs to go on', async () => {
  const hand = await scene.held()
  const begin = hand.begin({ effect: effect('bound'), timeoutMs: 1_000 })
  await lose('after', hand.runId, () => cuttable.apply([begin]))
  const written = (await ledger.journal({ runId: hand.runId })).at(-1)
  const [again] = await cuttable.apply([begin])
  expect(again).toMatchObject({ code: 'already', attempt: 1, actsUntil: written?.facts.actsUntil })
})

it.each(['before', 'after'] as const)(
  'a begin cut %s its commit is refused under an old fence: a successor decides, and nothing acts twice',
  async (when) => {
    const hand = await scene.held()
    const begin = hand.begin({ effect: effect('old') })
    await lose(when, hand.runId, () => cuttable.apply([begin]))
    const heir = await scene.takenOver(hand)
    expect(await codes([begin])).toEqual(['fenced'])
    const kinds = ['admit', 'claim', ...(when === 'after' ? ['begin'] : []), 'claim']
    expect(await kindsOf(scene, hand.runId)).toEqual(kinds)
    expect(heir.run.open).toEqual(when === 'after' ? [begin.seq] : [])
  },
)

it('a begin that its successor has settled is not handed back to the one who began it', async () => {
  const hand = await scene.held()
  const begin = hand.begin()
  await lose('after', hand.runId, () => cuttable.apply([begin]))
  const heir = await scene.takenOver(hand)
  await heir.must(heir.settle(begin.seq, { did: 'failed' }))
  expect(await codes([begin])).toEqual(['fenced'])
})

it('a begin is not handed back to a worker whose lease ran out meanwhile, though nobody has claimed', async () => {
  const hand = await scene.held()
  const begin = hand.begin()
  await lose('after', hand.runId, () => cuttable.apply([begin]))
  await scene.advance(60_000)
  expect(await codes([begin])).toEqual(['lease_lost'])
})

it.each(['before', 'after'] as const)(
  'a receipt cut %s its commit is counted once, whoever has the run by then',
  async (when) => {
    const hand = await scene.held()
    const ref = await hand.must(hand.begin({ effect: effect(`receipt-${when}`) }))
    const settle = hand.settle(ref)
    await lose(when, hand.runId, () => cuttable.apply([settle]))
    const heir = await scene.takenOver(hand)
    expect(await codes([settle])).toEqual(['fenced'])
    expect(await codes([settle])).toEqual(['fenced'])
    // Nothing is lost: it is in the journal, or evidence for the one who has to find out.
    expect(heir.run.open).toEqual(when === 'before' ? [ref] : [])
    expect(await ledger.evidence({ runId: hand.runId })).toHaveLength(1)
    const settled = (await kindsOf(scene, hand.runId)).filter((kind) => kind === 'settle')
    expect(settled).toHaveLength(when === 'before' ? 0 : 1)
  },
)

it('a batch of many runs that is cut after its commit has no twin of any', async () => {
  const crew = await Promise.all(Array.from({ length: 8 }, () => scene.held()))
  const begins = crew.map((hand, n) => hand.begin({ effect: effect(`many-${n}`) }))
  await lose('after', crew[0]?.runId ?? '', () => cuttable.apply(begins))
  expect(await codes(begins)).toEqual(crew.map(() => 'already'))
  for (const { runId } of crew) expect(await kindsOf(scene, runId)).toEqual(['admit', 'claim', 'begin'])
})

it.each(['before', 'after'] as const)('the batcher hides a connection that is cut %s the commit', async (when) => {
  const hand = await scene.held()
  const batcher = new Batcher(cuttable, systemClock)
  const cut = proxy.cut(when, hand.runId)
  const [answer] = await batcher.submit([hand.begin()])
  await cut
  expect(answer?.code).toBe(when === 'before' ? 'ok' : 'already')
  expect(await kindsOf(scene, hand.runId)).toEqual(['admit', 'claim', 'begin'])
})

it.each(['park', 'end'] as const)('a run whose %s was written, its answer lost, is in nobody’s hands', async (kind) => {
  const hand = await scene.held()
  const op = kind === 'park' ? hand.park({ dueInMs: 1_000 }) : hand.end()
  await lose('after', hand.runId, () => cuttable.apply([op]))
  expect(await codes([op])).toEqual(['fenced'])
  expect(await kindsOf(scene, hand.runId)).toEqual(['admit', 'claim', kind])
})

it.each(['before', 'after'] as const)('a message whose admission is cut %s its commit is worked once', async (when) => {
  const admission = scene.admission({ key: `message-${when}`, session: 's' })
  await lose(when, admission.runId, () => cuttable.admit(admission))
  const code = when === 'before' ? 'ok' : 'existing'
  expect(await cuttable.admit(admission)).toEqual({ code, runId: admission.runId })
  expect(await ledger.runs({ tenant: scene.tenant })).toHaveLength(1)
})

it('runs whose claim was written, its answer lost, are had by others once their worker has retired', async () => {
  const runId = await scene.admit()
  const [lost, heir] = [await scene.worker(), await scene.worker()]
  await lose('after', runId, () => cuttable.claim({ workerId: lost, limit: 1, runId }))
  // The worker lives and keeps its lease: unless it gives that up, nobody may take what it does not know it has.
  expect(await scene.claims(heir)).toEqual([])
  await ledger.workers.retire({ workerId: lost })
  expect(await scene.claims(heir)).toEqual([runId])
})

it('a person’s answer that is sent again is closed, and heard once', async () => {
  const id = `${scene.tenant}-question`
  const hand = await asking(scene, id)
  await hand.must(hand.park({ dueInMs: 600_000, escalations: [question(id)] }))
  const answer = () => cuttable.answer({ id, decision: 'approve', by: 'ann' })
  await lose('after', id, answer)
  expect(await answer()).toEqual({ code: 'closed', state: 'answered' })
  expect(await ledger.mail({ runId: hand.runId, after: 0 })).toHaveLength(1)
})
