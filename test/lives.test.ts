import { describe, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import type { Mark, Write } from '../src/core/lives.js'
import type { BeginOp } from '../src/core/ops.js'
import { Scene } from '../src/testing/conformance/scene.js'
import { LEDGERS, openLedger } from './runtime-on.js'

const OF = {
  ...{ tenant: 't', agent: 'a', version: 1, fingerprint: 'f', session: null, principal: null },
  ...{ origin: 'r', messageKey: 'k' },
}

const written = (op: BeginOp): Write => ({ of: OF, op, at: 7, did: null })

describe.each(LEDGERS)('the lives of a ledger (%s)', (kind) => {
  const withLedger = async (work: (s: Scene, ledger: Ledger) => Promise<void>) => {
    const { ledger, close } = await openLedger(kind)
    try {
      await work(new Scene({ ledger, advance: async () => undefined, close }), ledger)
    } finally {
      await close()
    }
  }

  it('knows the beats and writes that it acknowledged, and no others', () =>
    withLedger(async (s, { lives, workers }) => {
      const hand = await s.held()
      const op = hand.begin({ effect: { tool: 'pay', key: 'k', args: 'd' } })
      await hand.must(op)
      const { workerId, at: startedAt } = await workers.register({ name: 'w', leaseMs: 9_000, serves: [], queues: [] })
      const first = await workers.heartbeat({ workerId, leaseMs: 9_000 })
      const { was, at: beatAt, standing } = await workers.heartbeat({ workerId, leaseMs: 9_000 })
      expect(was).toBe(first.at)
      expect(await workers.heartbeat({ workerId: 999, leaseMs: 1 })).toMatchObject({ held: false, was: null })
      const mark: Mark = { ...standing, workerId, startedAt, beatAt }
      const [later, other] = [
        { ...mark, beatAt: beatAt + 1 },
        { ...mark, startedAt: startedAt - 1 },
      ]
      const [risen, fallen] = [
        { ...later, incarnation: 2 },
        { ...later, incarnation: 0 },
      ]
      const lost = written({ ...op, salt: 'another' })
      expect(await lives.missing({ marks: [mark, later, other, risen, fallen], writes: [written(op), lost] })).toEqual({
        marks: [later, other, risen],
        writes: [lost],
      })
      expect(await lives.tell({ by: 'w', writes: [lost] })).toBe(1)
      expect(await lives.tell({ by: 'v', writes: [lost] })).toBe(0)
      expect(await lives.missing({ marks: [], writes: [lost] })).toEqual({ marks: [], writes: [] })
      expect(await lives.lost()).toMatchObject([{ write: lost, runId: hand.runId, seq: op.seq, by: 'w', keptAs: null }])
    }))

  it('once stopped it gives no claim and grants no begin, says why, and keeps what is settled', () =>
    withLedger(async (s, ledger) => {
      const { lives } = ledger
      const hand = await s.held()
      const ref = await hand.must(hand.begin())
      const runId = await s.admit()
      await ledger.check()
      expect(await lives.stop({ why: 'it went back.', by: 'w1', since: 50 })).toBe(true)
      expect(await lives.stop({ why: 'another reason', by: 'w2', since: 20 })).toBe(false)
      const stopped = { why: 'it went back.', by: 'w1', since: 20, at: expect.any(Number) }
      expect(await lives.standing()).toMatchObject({ stopped })
      await expect(ledger.check()).rejects.toMatchObject({
        code: 'unreconciled',
        message: expect.stringContaining('it went back.'),
      })
      expect(await s.claims(await s.worker())).toEqual([])
      expect(await ledger.claim({ workerId: await s.worker(), limit: 1, runId })).toEqual([])
      expect(await hand.put(hand.settle(ref))).toMatchObject({ code: 'ok' })
      expect(await hand.put(hand.begin())).toMatchObject({ code: 'lease_lost' })
      const notices = await ledger.notices({ limit: 10, retryAfterMs: 0 })
      expect(notices).toMatchObject([{ kind: 'stopped', body: '{"by":"w1","why":"it went back."}' }])
    }))

  it('nobody vouches for the life that it has', () =>
    withLedger(async (_, { lives }) => {
      const { life } = await lives.standing()
      expect(await lives.accept({ known: 'another/1', life })).toBe(false)
      expect(await lives.accept({ known: life, life: 'another/2' })).toBe(false)
    }))
})
