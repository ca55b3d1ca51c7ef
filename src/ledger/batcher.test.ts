import { describe, expect, it } from 'vitest'
import { MidwatchError } from '../core/errors.js'
import type { Answer, NoteOp, Op } from '../core/ops.js'
import type { Clock } from '../core/time.js'
import { Batcher } from './batcher.js'

const note = (runId: string): NoteOp => ({ kind: 'note', runId, fence: 1, seq: 1, salt: '', body: '{}' })
const turn = () => new Promise<void>((done) => setImmediate(done))
const turns = async (count: number) => {
  for (let i = 0; i < count; i += 1) await turn()
}
const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: () => turn(), timer: () => () => undefined }
const answersOf = (ops: readonly Op[]): Answer[] => ops.map((op) => ({ code: 'ok', at: Number(op.runId) }))

/** A ledger whose batches are answered when the test says so, with the run's number as the time. */
function slowLedger() {
  const flights: { readonly ops: readonly Op[]; readonly land: () => void; readonly fail: (error: Error) => void }[] =
    []
  const apply = (ops: readonly Op[]) =>
    new Promise<Answer[]>((done, fail) => {
      flights.push({ ops, land: () => done(answersOf(ops)), fail })
    })
  return { flights, batcher: new Batcher({ apply }, clock) }
}

const submitMany = (batcher: Batcher, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => batcher.submit([note(String(from + i))]))

describe('the batcher', () => {
  it('takes along all that one turn of the event loop submits', async () => {
    const { flights, batcher } = slowLedger()
    submitMany(batcher, 0, 10)
    await turn()
    expect(flights.map((flight) => flight.ops.length)).toEqual([10])
  })

  it('parts many submissions evenly between two batches, and a third waits', async () => {
    const { flights, batcher } = slowLedger()
    submitMany(batcher, 0, 64)
    await turn()
    submitMany(batcher, 64, 64)
    await turn()
    expect(flights.map((flight) => flight.ops.length)).toEqual([32, 32])
    flights[0]?.land()
    await turns(3)
    expect(flights.map((flight) => flight.ops.length)).toEqual([32, 32, 48])
  })

  it('sends no second batch for a few', async () => {
    const { flights, batcher } = slowLedger()
    submitMany(batcher, 0, 1)
    await turn()
    submitMany(batcher, 1, 15)
    await turn()
    expect(flights).toHaveLength(1)
    flights[0]?.land()
    await turns(3)
    expect(flights.map((flight) => flight.ops.length)).toEqual([1, 15])
  })

  it('lets those who go on from a batch travel with those who waited for it', async () => {
    const { flights, batcher } = slowLedger()
    const goOn = submitMany(batcher, 0, 7).map(async (submitted) => {
      await submitted
      await turn()
      return batcher.submit([note('8')])
    })
    await turn()
    submitMany(batcher, 7, 1)
    await turn()
    flights[0]?.land()
    await turns(4)
    expect(goOn).toHaveLength(7)
    expect(flights.map((flight) => flight.ops.length)).toEqual([7, 8])
  })

  it('gives each submission its own answers, whichever batch lands first', async () => {
    const { flights, batcher } = slowLedger()
    const pairs = Array.from({ length: 40 }, (_, i) => batcher.submit([note(String(i)), note(String(100 + i))]))
    await turn()
    for (const flight of [...flights].reverse()) flight.land()
    const answers = await Promise.all(pairs)
    expect(answers.map((both) => both.map((one) => one.at))).toEqual(pairs.map((_, i) => [i, 100 + i]))
  })

  it('sends a batch again, unchanged, while the ledger is away', async () => {
    const { flights, batcher } = slowLedger()
    const [submitted] = submitMany(batcher, 7, 1)
    await turn()
    flights[0]?.fail(new MidwatchError('ledger_away', 'cut'))
    await turn()
    await turn()
    expect(batcher.away).toBe(true)
    expect(flights[1]?.ops).toEqual(flights[0]?.ops)
    flights[1]?.land()
    expect(await submitted).toEqual([{ code: 'ok', at: 7 }])
    expect(batcher.away).toBe(false)
  })

  it('rejects what sending again cannot mend, and goes on with what waits', async () => {
    const { flights, batcher } = slowLedger()
    const [first] = submitMany(batcher, 1, 1)
    await turn()
    const [second] = submitMany(batcher, 2, 1)
    const refused = expect(first).rejects.toThrow('refused')
    flights[0]?.fail(new MidwatchError('ledger_refused', 'refused'))
    await refused
    await turns(3)
    flights[1]?.land()
    expect(await second).toEqual([{ code: 'ok', at: 2 }])
  })
})
