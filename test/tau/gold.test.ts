import { describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { assemble } from '../../src/runtime.js'
import { Counter } from './counter.js'
import { playAll } from './gold-run.js'
import { hasOutsideData, NO_OUTSIDE_DATA, readTables, readTasks, readToolSpecs } from './outside-data.js'
import { RetailDesk } from './retail-desk.js'
import { Shop } from './shop.js'

/** Every so manieth task, so that both editions and refused writes are among them. */
const EVERY = 12

describe.skipIf(!hasOutsideData)(`gold tasks through the whole runtime (else ${NO_OUTSIDE_DATA})`, () => {
  it('the tools did exactly the gold writes, and left the gold state', async () => {
    const specs = readToolSpecs()
    const desk = new RetailDesk(new Shop(readTables()), new Counter(specs), specs)
    const tasks = readTasks().filter((_, i) => i % EVERY === 0)
    const retail = desk.agentFor(tasks.map(({ task }) => task))
    const ledger = memoryLedger()
    const mw = await assemble({ run: [retail] }, { ledger })
    try {
      const played = await playAll(mw, desk, retail, tasks, { atOnce: 16 })
      expect(played.filter(({ faults }) => faults.length > 0)).toEqual([])
      expect(played).toHaveLength(tasks.length)
      expect(played.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0)
      expect((await verifyLedger(ledger)).violations).toEqual([])
    } finally {
      await mw.stop()
    }
  })
})
