import { describe, expect, it } from 'vitest'
import type { Wake } from '../../core/ledger.js'
import { memoryLedger } from './ledger.js'

const agent = { agent: 'desk', version: 1, fingerprint: 'print', queue: 'main' }
const admission = (runId: string) => ({
  ...{ runId, tenant: 'acme', ...agent, key: null, session: null, principal: null, origin: null },
  ...{ deadlineMs: 60_000, meters: [], body: '{}', salt: '', inputDigest: 'd' },
})
const worker = { name: 'w', leaseMs: 60_000, serves: ['desk@1#print'], queues: ['main'] }

describe('memory ledger', () => {
  it('gives fences of a later incarnation that are above all of the earlier ones', async () => {
    const fences: number[] = []
    for (const incarnation of [1, 2]) {
      const ledger = memoryLedger({ incarnation })
      const { workerId } = await ledger.workers.register(worker)
      await ledger.admit(admission('r'))
      const [claimed] = await ledger.claim({ workerId, limit: 1 })
      fences.push(claimed?.run.fence ?? 0)
    }
    expect(fences).toEqual([2 ** 40 + 1, 2 * 2 ** 40 + 1])
  })

  it('has the secret it was given, and without one the same each time, so that a seed replays', async () => {
    expect(await memoryLedger({ secret: 's' }).secret()).toBe('s')
    expect(await memoryLedger().secret()).toBe(await memoryLedger().secret())
  })

  it('knows whole milliseconds only', async () => {
    expect(await memoryLedger({ clock: { now: () => 1.7 } }).now()).toBe(1)
  })

  it('runs no listener before the one who writes is done', async () => {
    const ledger = memoryLedger()
    const order: (string | Wake)[] = []
    const deafen = await ledger.listen((wake) => order.push(wake))
    const admitted = ledger.admit(admission('r'))
    order.push('written')
    await admitted
    expect(order).toEqual(['written', { kind: 'due', name: 'main' }])
    await deafen()
    await ledger.admit(admission('s'))
    expect(order).toHaveLength(2)
  })

  it('gives rows that do not move any more', async () => {
    const ledger = memoryLedger()
    const { workerId } = await ledger.workers.register(worker)
    await ledger.admit(admission('r'))
    const before = await ledger.run({ runId: 'r' })
    await ledger.claim({ workerId, limit: 1 })
    expect(before).toMatchObject({ state: 'queued', headSeq: 1 })
  })
})
