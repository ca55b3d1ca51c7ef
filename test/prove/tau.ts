// All gold tasks of the retail shop, played by a scripted model through the whole runtime on the embedded PostgreSQL.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { midwatch } from '../../src/index.js'
import { Counter } from '../tau/counter.js'
import { type Played, playAll } from '../tau/gold-run.js'
import { hasOutsideData, NO_OUTSIDE_DATA, readTables, readTasks, readToolSpecs } from '../tau/outside-data.js'
import { RetailDesk } from '../tau/retail-desk.js'
import { Shop } from '../tau/shop.js'

export const name = 'tau'
export const about = 'gold actions of all 749 τ-bench retail tasks: execution journal and end state as in the gold'

const AT_ONCE = 32
const TELL_EVERY = 100

export async function run(): Promise<{ summary: string; ok: boolean }> {
  if (!hasOutsideData) return { summary: NO_OUTSIDE_DATA, ok: true }
  const specs = readToolSpecs()
  const desk = new RetailDesk(new Shop(readTables()), new Counter(specs), specs)
  const tasks = readTasks()
  const retail = desk.agentFor(tasks.map(({ task }) => task))
  const home = await mkdtemp(join(tmpdir(), 'midwatch-tau-'))
  const databaseUrl = process.env.MIDWATCH_TEST_URL
  try {
    const mw = await midwatch({ run: [retail], home, ...(databaseUrl && { databaseUrl }) })
    try {
      const progress = (done: number) => {
        if (done % TELL_EVERY === 0) console.log(`   ${done} of ${tasks.length} tasks`)
      }
      const played = await playAll(mw, desk, retail, tasks, { atOnce: AT_ONCE, progress })
      const { checked, violations } = await verifyLedger(mw.ledger)
      for (const { runId, seq, what } of violations) console.log(`   ${runId} ${seq ?? ''}: ${what}`)
      return summaryOf(played, tasks.length, checked.entries, violations.length)
    } finally {
      await mw.stop()
    }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

function summaryOf(played: readonly Played[], tasks: number, entries: number, violations: number) {
  const wrong = played.filter(({ faults }) => faults.length > 0)
  for (const { id, runId, faults } of wrong) console.log(`   task ${id} (${runId}): ${faults.join('; ')}`)
  const sum = (of: 'writes' | 'refused') => played.reduce((total, one) => total + one[of], 0)
  const asGold = `${played.length - wrong.length} of ${tasks} tasks as in the gold`
  const writes = `${sum('writes')} writes once each, ${sum('refused')} refused by the shop`
  const ok = wrong.length === 0 && played.length === tasks && violations === 0
  return { summary: `${asGold}; ${writes}; ${violations} violations in ${entries} entries`, ok }
}
