import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Admission } from '../../core/admission.js'
import { inspectFacts } from '../../core/invariants/inspect.js'
import { readFacts } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import type { Charge } from '../../core/meters.js'
import type { Answer, Op } from '../../core/ops.js'
import { childOf } from '../../testing/conformance/children.js'
import { effect, Hand, ownCharge, sharedCharge } from '../../testing/conformance/hand.js'
import { Scene } from '../../testing/conformance/scene.js'
import { postgresLedger } from './ledger.js'

const PROCESSES = 4
const RUNS = 6
const ROUNDS = 25

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

const sceneOf = (ledger: Ledger) => new Scene({ ledger, advance: async () => undefined, close: async () => undefined })

/** Draws numbers as a seed says; several that write at once each have their own. */
type Draw = (below: number) => number

const drawOf = (seed: number): Draw => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
}

/** Meters in another order in each begin, keys and locks that others want too. */
function step(hand: Hand, draw: Draw, tenant: string): Op {
  const open = hand.run.open[0]
  if (open !== undefined) return hand.settle(open, { used: [1, draw(4) === 0 ? null : 1, 2] })
  const scopes = ['fleet', `tenant:${tenant}`, 'lane:payments']
  const first = draw(3)
  const shared = [0, 1].map((i): Charge => sharedCharge(scopes[(first + i) % 3] ?? '', 1 + draw(3), 40 + draw(1_000)))
  const locks = [`order:${draw(4)}`, `order:${draw(4)}`]
  return hand.begin({
    charges: [ownCharge(1, null), ...shared],
    ...(draw(2) === 0 && { locks }),
    ...(draw(2) === 0 && { effect: effect(`key-${draw(12)}`) }),
  })
}

/** What the answer made of the run; a key or a lock that others hold is tried again with another. */
function follow(hand: Hand, op: Op, answer: Answer | undefined): Hand {
  if (answer?.code !== 'ok') return hand
  const next = new Hand(hand.ledger, { ...hand.run, headSeq: op.seq, open: op.kind === 'begin' ? [op.seq] : [] })
  return next
}

/** One process: its runs go on together, in batches of ever another order. */
async function work(ledger: Ledger, tenant: string, seed: number, seen: Set<string>): Promise<void> {
  const scene = sceneOf(ledger)
  const draw = drawOf(seed)
  let hands = await Promise.all(Array.from({ length: RUNS }, () => scene.held({ tenant })))
  for (let round = 0; round < ROUNDS; round += 1) {
    hands = [...hands].sort(() => draw(3) - 1)
    const ops = hands.map((hand) => step(hand, draw, tenant))
    const answers = await ledger.apply(ops)
    for (const { code } of answers) seen.add(code)
    hands = hands.map((hand, i) => follow(hand, ops[i] as Op, answers[i]))
  }
}

async function interfere(ledger: Ledger, tenant: string): Promise<void> {
  for (const scope of [`tenant:${tenant}`, 'fleet', 'agent:none', 'tool:tool']) {
    await ledger.engage({ scope, mode: 'hold', by: 'ann' })
    await ledger.release({ scope, by: 'ann', jitterMs: 0 })
  }
}

describe('several processes at once', () => {
  it('never deadlock, pass no ceiling and lose nothing', { timeout: 120_000 }, async () => {
    const seen = new Set<string>()
    const seeds = fc.array(fc.nat(), { minLength: PROCESSES, maxLength: PROCESSES })
    let night = 0
    const property = fc.asyncProperty(seeds, async (drawn) => {
      night += 1
      const tenants = [`one-${night}`, `two-${night}`]
      const tenantOf = (i: number) => tenants[i % 2] ?? ''
      const working = ledgers.map((ledger, i) => work(ledger, tenantOf(i), drawn[i] ?? 0, seen))
      await Promise.all([...working, ...ledgers.slice(0, 2).map((ledger, i) => interfere(ledger, tenantOf(i)))])
    })
    await fc.assert(property, { numRuns: 3, endOnFailure: true })
    expect([...seen]).toEqual(expect.arrayContaining(['ok', 'ceiling', 'locked', 'performed', 'under_way']))
    const broken = inspectFacts(await readFacts(ledgers[0] as Ledger))
    expect(broken).toEqual([])
    expect(await deadlocks()).toBe(0)
  })
})

describe('starts, claims and ends at once in bounded queues', () => {
  it('never deadlock, and never more wait than may', { timeout: 60_000 }, async () => {
    const scenes = ledgers.map(sceneOf)
    const [{ agent, queue }, max] = [scenes[0] as Scene, 6]
    const [all] = ledgers as [Ledger]
    await all.queues.setBound({ scope: `queue:${queue}`, max, by: 'ann' })
    await all.queues.setBound({ scope: 'tenant:*', max: 4, by: 'ann' })
    const seen = new Set<string>()
    const found = { most: 0 }
    const come = async (scene: Scene, draw: Draw) => {
      for (let n = 0; n < ROUNDS; n += 1) {
        const wish = () => ({
          ...{ agent, queue, tenant: `t${draw(3)}`, priority: (['low', 'normal', 'high'] as const)[draw(3)] as 'low' },
          ...(draw(4) === 0 && {
            session: `s${draw(2)}`,
            whileBusy: (['queue', 'steer', 'replace'] as const)[draw(3)] as 'queue',
          }),
        })
        const answers = await scene.ledger.admitAll([scene.admission(wish()), scene.admission(wish())])
        for (const { code, shed } of answers) seen.add(shed ? 'shed' : code)
        found.most = Math.max(found.most, await waitingIn(queue))
      }
    }
    const go = async (scene: Scene) => {
      const workerId = await scene.worker({ serves: [`${agent}@1#print`], queues: [queue] })
      for (let n = 0; n < ROUNDS; n += 1) {
        for (const { run } of await scene.ledger.claim({ workerId, limit: 2 }))
          await new Hand(scene.ledger, run).must(new Hand(scene.ledger, run).end())
      }
    }
    await Promise.all(scenes.map((scene, i) => (i < 3 ? come(scene, drawOf(i + 1)) : go(scene))))
    for (const scope of [`queue:${queue}`, 'tenant:*'] as const)
      await all.queues.setBound({ scope, max: null, by: 'ann' })
    expect([...seen]).toEqual(expect.arrayContaining(['ok', 'overloaded', 'shed']))
    expect(found.most).toBeGreaterThan(0)
    expect(found.most).toBeLessThanOrEqual(max)
    expect(inspectFacts(await readFacts(all))).toEqual([])
    expect(await deadlocks()).toBe(0)
  })
})

describe('batches of admissions that want the same sessions, parents or groups, each in another order', () => {
  it.each(['sessions', 'parents', 'groups'] as const)('never deadlock: %s', { timeout: 60_000 }, async (kind) => {
    const scenes = ledgers.map(sceneOf)
    const [first] = scenes as [Scene]
    const parents = [await first.held(), await first.held(), await first.held()]
    const come = async (scene: Scene, draw: Draw, i: number) => {
      const wish = (no: number): Partial<Admission> => {
        const which = draw(3)
        if (kind === 'sessions') return { tenant: first.tenant, session: `s${which}` }
        const under = { tenant: first.tenant, ...childOf(parents[which] as Hand, 'map') }
        return kind === 'parents' ? under : { ...under, group: { atOnce: 1_000, no } }
      }
      for (let n = 0; n < ROUNDS / 2; n += 1) {
        const wishes = Array.from({ length: 4 }, (_, k) => scene.admission(wish(1 + 4 * (i * ROUNDS + n) + k)))
        const answers = await scene.ledger.admitAll(wishes)
        expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok', 'ok', 'ok'])
      }
    }
    await Promise.all(scenes.map((scene, i) => come(scene, drawOf(i + 1), i)))
    expect(inspectFacts(await readFacts(first.ledger))).toEqual([])
    expect(await deadlocks()).toBe(0)
  })
})

/** Counted here, not by what is tested. */
async function waitingIn(queue: string): Promise<number> {
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query(
    "select count(*) from midwatch.run where queue = $1 and state = 'queued' and parent is null and fence = 0",
    [queue],
  )
  await client.end()
  return Number(rows[0].count)
}

/** The server counts them for the database; a new connection sees what others have reported. */
async function deadlocks(): Promise<number> {
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query('select deadlocks from pg_stat_database where datname = current_database()')
  await client.end()
  return Number(rows[0].deadlocks)
}
