import { describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { assemble } from '../../src/runtime.js'
import { Counter } from './counter.js'
import { type GoldTask, judge, playAll } from './gold-run.js'
import { changesOf, hasOutsideData, NO_OUTSIDE_DATA, readTables, readTasks, readToolSpecs } from './outside-data.js'
import { RetailDesk, type Weather } from './retail-desk.js'
import { Shop } from './shop.js'

/** Plays tasks on a memory ledger, which must then keep every invariant. */
async function play(desk: RetailDesk, tasks: readonly GoldTask[]) {
  const retail = desk.agentFor(tasks.map(({ task }) => task))
  const ledger = memoryLedger()
  const mw = await assemble({ run: [retail] }, { ledger })
  try {
    const played = await playAll(mw, desk, retail, tasks, { atOnce: 32 })
    expect((await verifyLedger(ledger)).violations).toEqual([])
    return played
  } finally {
    await mw.stop()
  }
}

const every = (nth: number) => readTasks().filter((_, i) => i % nth === 0)
const asGold = (played: Awaited<ReturnType<typeof play>>) => played.filter(({ faults }) => faults.length > 0)

describe.runIf(hasOutsideData)(`gold tasks through the whole runtime (else ${NO_OUTSIDE_DATA})`, () => {
  function deskIn(weather?: (write: number) => Weather) {
    const specs = readToolSpecs()
    const [shop, counter] = [new Shop(readTables()), new Counter(specs)]
    return weather ? new RetailDesk(shop, counter, specs, weather, '500ms') : new RetailDesk(shop, counter, specs)
  }

  it('the tools did exactly the gold writes, and left the gold state', async () => {
    const tasks = every(12)
    const played = await play(deskIn(), tasks)
    expect(asGold(played)).toEqual([])
    expect(played).toHaveLength(tasks.length)
    expect(played.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0)
  })

  it('and they did so when every third write loses its answer and every fourth is lost on the way', async () => {
    const tasks = every(25)
    const lost = { answer_lost: 0, call_lost: 0, fine: 0 }
    const desk = deskIn((write) => {
      const weather = write % 3 === 0 ? 'answer_lost' : write % 4 === 0 ? 'call_lost' : 'fine'
      lost[weather] += 1
      return weather
    })
    expect(asGold(await play(desk, tasks))).toEqual([])
    expect(Math.min(lost.answer_lost, lost.call_lost)).toBeGreaterThan(5)
  })

  it('what changed is what the gold says, record by record', async () => {
    const tasks = every(60)
    const desk = deskIn()
    for (const { id, runId } of await play(desk, tasks)) {
      const gold = tasks.find(({ task }) => task.id === id)?.gold
      expect(desk.shopOf(runId).changes(), id).toEqual(gold && changesOf(gold))
    }
  })

  it('the witness tells a duplicate that the end state hides', async () => {
    const [first] = every(1)
    if (!first) throw new RangeError('no task')
    const desk = deskIn()
    const [{ runId } = { runId: '' }] = await play(desk, [first])
    const [execution] = desk.witness.of(runId)
    if (execution) desk.witness.append(execution)
    const { faults } = judge(desk, first.task, first.gold, runId, 'completed')
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(/^did .* instead of /)
  })
})
