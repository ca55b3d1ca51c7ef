import { expect } from 'vitest'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

const engage = (s: Scene, scope: string, mode: 'hold' | 'end' = 'hold') => s.ledger.engage({ scope, mode, by: 'ann' })
const release = (s: Scene, scope: string, jitterMs = 0) => s.ledger.release({ scope, by: 'bob', jitterMs })

export const switches = [
  // A kill that misses one way in is none.
  clause('a switch of every scope stops begins, and its release lets them go on', async (s) => {
    const hand = await s.held({ session: 'a' })
    const session = `session:${s.tenant}/a`
    const scopes = ['fleet', `tenant:${s.tenant}`, `agent:${s.agent}`, 'tool:tool', session, `run:${hand.runId}`]
    for (const scope of scopes) {
      await engage(s, scope, 'end')
      expect(await hand.put(hand.begin())).toMatchObject({ code: 'switched', scope, mode: 'end' })
      await release(s, scope)
      await hand.must(hand.begin())
    }
  }),

  // A kill that hits the neighbours is not used when it should be.
  clause('a switch covers its scope and no more', async (s) => {
    const hand = await s.held()
    for (const scope of ['tenant:x', 'agent:x', 'tool:x', `session:${s.tenant}/a`, 'run:x']) await engage(s, scope)
    await hand.must(hand.begin())
  }),

  // The agent may still say that it cannot.
  clause('a switch of a tool does not stop model calls', async (s) => {
    const hand = await s.held()
    await engage(s, 'tool:tool')
    await hand.must(hand.begin({ tool: null }))
  }),

  // What was begun before must be settled, or the kill would make doubts.
  clause('what stops begins does not stop what must still be written', async (s) => {
    const hand = await s.held()
    const refs = [await hand.must(hand.begin()), await hand.must(hand.begin())]
    await engage(s, `tenant:${s.tenant}`, 'end')
    await hand.must(hand.settle(refs[0] ?? 0))
    await hand.must(hand.doubt(refs[1] ?? 0))
    await hand.must(hand.note())
    await hand.must(hand.end({ outcome: 'killed' }))
  }),

  // The holder must know at once whether to wait or to stop.
  clause('end goes before hold, then the scope decides', async (s) => {
    const hand = await s.held()
    await engage(s, `tenant:${s.tenant}`)
    await engage(s, `agent:${s.agent}`)
    expect(await hand.put(hand.begin())).toMatchObject({ scope: `agent:${s.agent}`, mode: 'hold' })
    await engage(s, `run:${hand.runId}`, 'end')
    expect(await hand.put(hand.begin())).toMatchObject({ scope: `run:${hand.runId}`, mode: 'end' })
    expect(await s.ledger.switchedRun({ runId: hand.runId })).toEqual({
      ...{ scope: `run:${hand.runId}`, mode: 'end', by: 'ann' },
    })
  }),

  // It stops before it has judged anything.
  clause('who claims a run learns of the switch that covers it', async (s) => {
    const runId = await s.admit()
    await engage(s, `agent:${s.agent}`)
    const [claimed] = await s.ledger.claim({ workerId: await s.worker(), limit: 1, runId })
    expect(claimed?.switched).toEqual({ scope: `agent:${s.agent}`, mode: 'hold', by: 'ann' })
    await release(s, `agent:${s.agent}`)
    expect(await s.ledger.switchedRun({ runId })).toBeNull()
  }),

  // Commit order is not clock order: epochs tell what came after what.
  clause('every engage and release raises the epoch, and entries carry the one they saw', async (s) => {
    const hand = await s.held()
    const scope = `agent:${s.agent}-x`
    const first = await engage(s, scope)
    await hand.must(hand.note())
    const second = await release(s, scope)
    expect(second).toMatchObject({ epoch: first.epoch + 1, released: true })
    await hand.must(hand.note())
    const epochs = (await s.ledger.journal({ runId: hand.runId })).slice(-2).map((entry) => entry.epoch)
    expect(epochs).toEqual([first.epoch, second.epoch])
  }),

  // Two people at one keyboard.
  clause('the release of what is not engaged changes nothing', async (s) => {
    const scope = `agent:${s.agent}-x`
    const { epoch } = await engage(s, scope)
    await release(s, scope)
    expect(await release(s, scope)).toMatchObject({ epoch: epoch + 1, released: false })
  }),

  // A verifier must see which kill covered which intent, long after.
  clause('switches are listed as they are, and their history is kept for good', async (s) => {
    const scope = `agent:${s.agent}-x`
    const { epoch, at } = await s.ledger.engage({ scope, mode: 'hold', by: 'ann', reason: 'odd replies' })
    await engage(s, scope, 'end')
    await release(s, scope)
    const [row] = (await s.ledger.switches()).filter((one) => one.scope === scope)
    expect(row).toMatchObject({ engaged: false, mode: 'end', epoch: epoch + 2, by: 'bob' })
    const history = (await s.ledger.switchHistory()).filter((one) => one.scope === scope)
    expect(history).toMatchObject([
      { mode: 'hold', engaged: true, epoch, by: 'ann', reason: 'odd replies', at },
      { mode: 'end', engaged: true, epoch: epoch + 1, by: 'ann', reason: null },
      { engaged: false, epoch: epoch + 2, by: 'bob' },
    ])
  }),

  // A fleet that starts in one moment is the next incident.
  clause('a release makes the waiting runs it covers due, spread over the jitter', async (s) => {
    const hands = [await s.held(), await s.held()]
    const [covered, tool, other] = [hands[0], hands[1], await s.held({ agent: s.agent, tenant: `${s.tenant}-2` })]
    if (!covered || !tool) throw new RangeError('two were claimed')
    await covered.must(covered.park({ waits: 'timer', dueInMs: 900_000 }))
    await tool.must(tool.park({ waits: 'switch:tool:t', dueInMs: 900_000 }))
    await other.must(other.park({ waits: 'timer', dueInMs: 900_000 }))
    await engage(s, `tenant:${s.tenant}`)
    await engage(s, 'tool:t')
    const { at } = await release(s, 'tool:t')
    expect((await s.run(tool.runId)).dueAt).toBe(at)
    expect((await s.run(covered.runId)).dueAt).toBe(covered.run.createdAt + 900_000)
    const second = await release(s, `tenant:${s.tenant}`, 1_000)
    const { dueAt } = await s.run(covered.runId)
    expect(dueAt).toBeGreaterThanOrEqual(second.at)
    expect(dueAt).toBeLessThanOrEqual(second.at + 1_000)
    expect((await s.run(other.runId)).dueAt).toBe(other.run.createdAt + 900_000)
  }),

  // Millions of rows are not stopped under a kill's lock.
  clause('a sweep makes covered runs due in batches, where they are to end', async (s) => {
    const parked = async () => {
      const hand = await s.held()
      await hand.must(hand.park({ dueInMs: 900_000 }))
      return hand.runId
    }
    const runIds = [await parked(), await parked(), await parked()]
    const dues = async () => Promise.all(runIds.map(async (runId) => (await s.run(runId)).dueAt ?? 0))
    await engage(s, `agent:${s.agent}`, 'hold')
    expect(await s.ledger.sweepSwitched({ limit: 100 })).toBe(0)
    await engage(s, `agent:${s.agent}`, 'end')
    expect(await s.ledger.sweepSwitched({ limit: 2 })).toBe(2)
    expect(await s.ledger.sweepSwitched({ limit: 100 })).toBe(1)
    expect(await s.ledger.sweepSwitched({ limit: 100 })).toBe(0)
    const now = await s.ledger.now()
    for (const dueAt of await dues()) expect(dueAt).toBeLessThanOrEqual(now)
  }),

  // Swept and then released, it would work beside the one whose turn it is.
  clause('a sweep leaves a session’s queued runs to their turn', async (s) => {
    await s.admit({ session: 'a' })
    const second = await s.admit({ session: 'a' })
    await engage(s, `agent:${s.agent}`, 'end')
    await s.ledger.sweepSwitched({ limit: 100 })
    const run = await s.run(second)
    expect(run.dueAt).toBe(run.deadlineAt)
  }),
]
