import { expect } from 'vitest'
import type { Admission } from '../../core/admission.js'
import type { BoundScope, Priority } from '../../core/queues.js'
import { childOf } from './children.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

const bounded = async (s: Scene, max: number, scope: BoundScope = `queue:${s.queue}`) => {
  await s.ledger.queues.setBound({ scope, max, by: 'ann' })
  return scope
}
const line = async (s: Scene, scope: string) =>
  (await s.ledger.queues.lines({ limit: 1_000 })).find((one) => one.scope === scope)
const code = async (s: Scene, wish: Partial<Admission> = {}) => (await s.ledger.admit(s.admission(wish))).code
const many = async (s: Scene, count: number, wish: Partial<Admission> = {}) => {
  for (let i = 0; i < count; i += 1) await s.admit(wish)
}

/** How many of each priority, or of each tenant, a worker gets in so many claims. */
async function served(
  s: Scene,
  workerId: number,
  claims: number,
  limit: number,
  of: 'priority' | 'tenant' = 'priority',
) {
  const found: Record<string, number> = {}
  for (let claim = 0; claim < claims; claim += 1) {
    for (const { run } of await s.ledger.claim({ workerId, limit })) found[run[of]] = (found[run[of]] ?? 0) + 1
  }
  return found
}

export const priorities = [
  // It is of no use to be urgent and wait behind what is not.
  clause('what is more urgent is claimed first', async (s) => {
    const worker = await s.worker()
    const runs: string[] = []
    for (const priority of ['low', 'normal', 'high'] as const) {
      runs.unshift(await s.admit({ priority }))
      await s.advance(1)
    }
    expect(await s.claims(worker)).toEqual(runs)
    expect((await s.run(runs[0] ?? '')).priority).toBe('high')
  }),

  // Else a flood of urgent work would be the end of all other.
  clause('each priority gets its share, one claim at a time as many at once', async (s) => {
    for (const [priority, count] of [
      ['high', 60],
      ['normal', 20],
      ['low', 10],
    ] as [Priority, number][]) {
      await many(s, count, { priority })
    }
    const worker = await s.worker()
    expect(await served(s, worker, 16, 1)).toEqual({ high: 12, normal: 3, low: 1 })
    expect(await served(s, worker, 4, 8)).toEqual({ high: 24, normal: 6, low: 2 })
  }),

  // Nobody was served meanwhile: there is nothing to make up for.
  clause('a priority that had no work has no credit when it comes', async (s) => {
    const worker = await s.worker()
    await many(s, 30, { priority: 'high' })
    await many(s, 12, { priority: 'normal' })
    await served(s, worker, 10, 1)
    await many(s, 5, { priority: 'low' })
    expect(await served(s, worker, 11, 1)).not.toHaveProperty('low')
  }),

  // A worker's turn among urgent tenants must not move it among the others.
  clause('each priority goes round its own tenants', async (s) => {
    const [a, b] = [`${s.tenant}-a`, `${s.tenant}-b`]
    for (const tenant of [a, b]) {
      await many(s, 24, { tenant, priority: 'high' })
      await many(s, 6, { tenant })
    }
    const normal: string[] = []
    const worker = await s.worker()
    for (let i = 0; i < 24; i += 1) {
      const [claimed] = await s.ledger.claim({ workerId: worker, limit: 1 })
      if (claimed?.run.priority === 'normal') normal.push(claimed.run.tenant)
    }
    expect(normal).toEqual([a, b, a, b])
  }),

  // What belongs to a run is as urgent as it is.
  clause('children, and what goes on from a run, have its priority', async (s) => {
    const hand = await s.held({ priority: 'high' })
    const child = await s.admit(childOf(hand, 'call'))
    expect((await s.run(child)).priority).toBe('high')
    const { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest } = s.admission()
    const next = { runId, agent, version, fingerprint, queue, key: null, deadlineMs, meters, body, salt, inputDigest }
    await hand.must(hand.end({ next }))
    expect((await s.run(runId)).priority).toBe('high')
  }),

  // Long work of one tenant in all places is as bad as a long line before them.
  clause('a tenant gets no more places of a worker than it may have', async (s) => {
    const [loud, quiet] = [`${s.tenant}-1`, `${s.tenant}-2`]
    await many(s, 8, { tenant: loud })
    const workerId = await s.worker()
    const claim = async () => (await s.ledger.claim({ workerId, limit: 5, perTenant: 3 })).map(({ run }) => run)
    const first = await claim()
    expect(first.map(({ tenant }) => tenant)).toEqual([loud, loud, loud])
    await s.admit({ tenant: quiet })
    expect((await claim()).map(({ tenant }) => tenant)).toEqual([quiet])
    expect(await claim()).toEqual([])
  }),
]

export const bounds = [
  // Exactly so many: "about" is what nobody can plan with.
  clause('as many as may wait to begin, and no more; one that begins makes room', async (s) => {
    const scope = await bounded(s, 2)
    const first = await s.admit()
    await s.admit()
    const asked = s.admission()
    const overload = { scope, why: 'full', retryAfterMs: 5_000 }
    expect(await s.ledger.admit(asked)).toEqual({ code: 'overloaded', runId: asked.runId, overload })
    expect(await s.ledger.run({ runId: asked.runId })).toBeNull()
    await s.claim(await s.worker(), first)
    expect([await code(s), await code(s)]).toEqual(['ok', 'overloaded'])
    expect(await line(s, scope)).toMatchObject({ max: 2, by: 'ann', waiting: 2, refused: 2, late: 0, shed: 0 })
  }),

  // What was accepted stays accepted, however full it is; the sender cannot know that it was.
  clause('a known key is answered as ever', async (s) => {
    await bounded(s, 1)
    const runId = await s.admit({ key: 'k' })
    expect(await s.ledger.admit(s.admission({ key: 'k' }))).toEqual({ code: 'existing', runId })
    expect(await code(s, { key: 'k', inputDigest: 'two' })).toBe('conflict')
  }),

  // A session that nothing was accepted for is not there.
  clause('a message that finds no room leaves nothing', async (s) => {
    await bounded(s, 1)
    await s.admit()
    expect(await code(s, { session: 's' })).toBe('overloaded')
    expect(await s.ledger.session({ tenant: s.tenant, session: 's' })).toBeNull()
    expect(await s.ledger.sessions({ tenants: [s.tenant] })).toEqual([])
  }),

  // A bound that stopped work in the midst would break what was accepted.
  clause('what belongs to accepted work is not held back, and not counted', async (s) => {
    const hand = await s.held()
    await bounded(s, 1)
    await s.admit()
    expect(await code(s, childOf(hand, 'call'))).toBe('ok')
    expect(await code(s, { owed: true })).toBe('ok')
    expect(await code(s)).toBe('overloaded')
  }),

  // A queue that is never full is of no use to a tenant that another has filled.
  clause('each tenant has a bound of its own, or that of every tenant', async (s) => {
    await bounded(s, 1, 'tenant:*')
    await bounded(s, 2, `tenant:${s.tenant}`)
    expect([await code(s), await code(s), await code(s)]).toEqual(['ok', 'ok', 'overloaded'])
    const tenant = `${s.tenant}-2`
    expect([await code(s, { tenant }), await code(s, { tenant })]).toEqual(['ok', 'overloaded'])
  }),

  clause('an agent has a bound in all queues', async (s) => {
    const scope = await bounded(s, 1, `agent:${s.agent}`)
    await s.admit()
    const found = await s.ledger.admit(s.admission({ queue: `${s.queue}-2`, tenant: `${s.tenant}-2` }))
    expect(found).toMatchObject({ code: 'overloaded', overload: { scope } })
  }),

  clause('a bound that is taken away, or raised, binds no more; one that is lowered binds the next', async (s) => {
    const scope = await bounded(s, 1)
    await s.admit()
    await bounded(s, 2)
    expect([await code(s), await code(s)]).toEqual(['ok', 'overloaded'])
    await bounded(s, 1)
    expect(await code(s)).toBe('overloaded')
    await s.ledger.queues.setBound({ scope, max: null, by: 'ann' })
    expect(await code(s)).toBe('ok')
    expect(await line(s, scope)).toBeUndefined()
  }),

  // Several in one transaction are several.
  clause('many admissions at once find so many places', async (s) => {
    await bounded(s, 2)
    const found = await s.ledger.admitAll([s.admission(), s.admission(), s.admission()])
    expect(found.map((one) => one.code)).toEqual(['ok', 'ok', 'overloaded'])
  }),
]

export const shedding = [
  // Silent is what it must not be: the run has an outcome, in its journal, and whoever waits for it hears of it.
  clause(
    'what is more urgent takes the place of the youngest of the least urgent, which ends as refused',
    async (s) => {
      const scope = await bounded(s, 3)
      const kept = [await s.admit({ priority: 'low' }), await s.admit()]
      const gone = await s.admit({ priority: 'low' })
      const heard = await s.listen()
      const asked = s.admission({ priority: 'high' })
      expect(await s.ledger.admit(asked)).toEqual({ code: 'ok', runId: asked.runId, shed: [gone] })
      await heard('ended', gone)
      const run = await s.run(gone)
      expect(run).toMatchObject({
        state: 'ended',
        outcome: 'refused',
        detail: 'policy',
        dueAt: null,
        fence: 0,
        headSeq: 2,
      })
      expect(run.endedAt).not.toBeNull()
      const end = (await s.ledger.journal({ runId: gone }))[1]
      expect(end).toMatchObject({ kind: 'end', fence: 0, facts: { outcome: 'refused', shedFor: asked.runId } })
      expect(JSON.parse(end?.body ?? '')).toMatchObject({ outcome: { status: 'refused', rule: 'overloaded' } })
      expect(await s.claims(await s.worker())).toEqual([asked.runId, kept[1], kept[0]])
      expect(await line(s, scope)).toMatchObject({ shed: 1, refused: 0 })
    },
  ),

  // Accepted mail is worked: that promise is not for the queue to break.
  clause('nothing as urgent is shed, no message, nothing that is owed and nothing that has begun', async (s) => {
    const hand = await s.held({ priority: 'low' })
    await bounded(s, 2)
    await s.admit({ priority: 'high' })
    await s.admit({ priority: 'low', session: 's' })
    await s.admit({ priority: 'low', owed: true })
    expect(await code(s, { priority: 'high' })).toBe('overloaded')
    expect((await s.run(hand.runId)).state).toBe('running')
  }),

  // Where the place is of no use to it, nobody must go for it.
  clause('nothing is shed for what is turned away all the same', async (s) => {
    await bounded(s, 1)
    const low = await s.admit({ priority: 'low' })
    await bounded(s, 1, `tenant:${s.tenant}-2`)
    await s.admit({ priority: 'high', tenant: `${s.tenant}-2`, queue: `${s.queue}-2` })
    expect(await code(s, { priority: 'high', tenant: `${s.tenant}-2` })).toBe('overloaded')
    expect((await s.run(low)).state).toBe('queued')
    await s.ledger.admit(s.admission({ tenant: `${s.tenant}-3`, session: 'c', queue: `${s.queue}-3` }))
    await s.ledger.closeSession({ tenant: `${s.tenant}-3`, session: 'c', by: 'ann' })
    expect(await code(s, { tenant: `${s.tenant}-3`, session: 'c', priority: 'high' })).toBe('closed')
    expect((await s.run(low)).state).toBe('queued')
  }),

  // In two lines that are full one run may be in the way in both.
  clause('of several lines that are full one goes in each, and one that is in both counts for both', async (s) => {
    const tenants = [`tenant:${s.tenant}`, `queue:${s.queue}`] as const
    for (const scope of tenants) await bounded(s, 1, scope)
    const low = await s.admit({ priority: 'low' })
    const asked = await s.ledger.admit(s.admission())
    expect(asked).toMatchObject({ code: 'ok', shed: [low] })
    for (const scope of tenants) expect(await line(s, scope)).toMatchObject({ shed: 1, waiting: 1 })
  }),
]

export const lateness = [
  // A start that will fail for its deadline is best told so at once.
  clause('what cannot begin before its deadline is turned away, by the rate at which its line begins', async (s) => {
    const scope = await bounded(s, 100)
    const worker = await s.worker()
    await many(s, 29)
    await s.advance(5_000)
    // Looked at every five seconds: ten began in these, and more than that had waited.
    await s.admit()
    expect(await s.claims(worker, 10)).toHaveLength(10)
    await s.advance(5_000)
    await s.admit()
    expect(await line(s, scope)).toMatchObject({ waiting: 21, rate: 2_000 })
    const late = await s.ledger.admit(s.admission({ deadlineMs: 5_000 }))
    expect(late).toMatchObject({ code: 'overloaded', overload: { scope, why: 'late', retryAfterMs: 1_050 } })
    expect(await line(s, scope)).toMatchObject({ late: 1, refused: 0 })
    expect(await code(s, { deadlineMs: 20_000 })).toBe('ok')
    // Only its own tenant's runs are before it, and only those as urgent.
    expect(await code(s, { deadlineMs: 5_000, tenant: `${s.tenant}-2` })).toBe('ok')
    expect(await code(s, { deadlineMs: 5_000, priority: 'high' })).toBe('ok')
    await s.advance(61_000)
    expect(await code(s, { deadlineMs: 5_000 })).toBe('ok')
  }),

  // An idle queue begins little because little comes.
  clause('a line that was empty in between tells no rate', async (s) => {
    const scope = await bounded(s, 100)
    const worker = await s.worker()
    await many(s, 3)
    await s.claims(worker, 3)
    await s.advance(6_000)
    await many(s, 2)
    expect(await line(s, scope)).toMatchObject({ rate: null })
    expect(await code(s, { deadlineMs: 1 })).toBe('ok')
  }),
]

export const overload = [
  // At 2 a.m. somebody must be told, and not ten thousand times.
  clause('people are told of a line that turns work away, once in a while', async (s) => {
    const scope = await bounded(s, 1, `tenant:${s.tenant}`)
    const told = async () =>
      (await s.ledger.notices({ limit: 1_000, retryAfterMs: 0 })).filter(
        ({ kind, body }) => kind === 'overload' && body.includes(scope),
      )
    await many(s, 5)
    expect(await told()).toHaveLength(1)
    expect((await told())[0]).toMatchObject({ tenant: s.tenant, body: JSON.stringify({ max: 1, scope }) })
    await s.advance(900_000)
    await many(s, 2)
    expect(await told()).toHaveLength(2)
  }),

  clause('queues are listed with what waits in them, since when, and who serves them', async (s) => {
    const at = await s.ledger.now()
    await s.worker()
    await s.worker({ queues: [`${s.queue}-2`] })
    await s.admit({ priority: 'high' })
    await s.advance(5)
    await s.admit({ priority: 'low' })
    await bounded(s, 9, `queue:${s.queue}-3`)
    const mine = (await s.ledger.queues.list()).filter(({ queue }) => queue.startsWith(s.queue))
    expect(mine).toEqual([
      { queue: s.queue, waiting: 2, oldestAt: at, servedBy: ['worker'] },
      { queue: `${s.queue}-2`, waiting: 0, oldestAt: null, servedBy: ['worker'] },
      { queue: `${s.queue}-3`, waiting: 0, oldestAt: null, servedBy: [] },
    ])
  }),
]
