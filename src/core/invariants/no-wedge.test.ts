import { describe, expect, it } from 'vitest'
import { claimOf, question, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { noWedge } from './no-wedge.js'

/** Runs in order: queued, running, waiting, ended with a doubt. */
async function everyState() {
  const watch = await Watch.start()
  await watch.admit()
  await watch.run()
  await watch.park(await watch.run())
  const doubtful = await watch.run()
  await watch.doubt(doubtful, await watch.begin(doubtful, { effect: claimOf('k') }))
  await watch.end(doubtful)
  return watch.facts()
}

describe('no wedge', () => {
  it('a message that another run took in waits for that run alone, without a due time', async () => {
    const watch = await Watch.start()
    const first = await watch.run({ session: 's' })
    const second = await watch.admit({ session: 's', whileBusy: 'steer' })
    await watch.write(first, { kind: 'note', absorbs: [second] })
    const facts = await watch.facts()
    expect(told(noWedge, facts)).toEqual([])
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[1] ?? {}, { workedBy: null }))
    expect(told(noWedge, bad)).toEqual(['The run is waiting without a due time.'])
  })

  it('a run in each state passes', async () => {
    expect(told(noWedge, await everyState())).toEqual([])
  })

  it.each([
    ['queued without a due time', 0, { dueAt: null }, 'The run is queued without a due time.'],
    ['running without a worker', 1, { workerId: null }, 'The run is running, and no worker holds it.'],
    ['under an unknown worker', 1, { workerId: 99 }, 'The run is held by a worker that nobody knows.'],
    ['waiting without a due time', 2, { dueAt: null }, 'The run is waiting without a due time.'],
    ['waiting over unseen mail', 2, { mailHead: 1 }, 'The run waits although it has unseen mail.'],
    ['ended, a doubt forgotten', 3, { dueAt: null }, 'The run ended with a doubt that nobody will look at.'],
  ])('a run %s is found', async (_, i, edit, sentence) => {
    const bad = tampered(await everyState(), ({ now, runs }) => {
      Object.assign(runs[i] ?? {}, edit)
      if ('mailHead' in edit) Object.assign(runs[i] ?? {}, { dueAt: now + 60_000 })
    })
    expect(told(noWedge, bad)).toEqual([sentence])
  })

  it('a doubt left open needs a due time, whoever was asked about it', async () => {
    const watch = await Watch.start()
    const runId = await watch.run()
    await watch.doubt(runId, await watch.begin(runId, { effect: claimOf('k') }))
    await watch.park(runId, 10_000, [question('e1', 'doubt')])
    watch.now += 10_000
    await watch.claim(runId)
    await watch.end(runId)
    const asked = tampered(await watch.facts(), ({ runs }) => Object.assign(runs[0] ?? {}, { dueAt: null }))
    expect(told(noWedge, await watch.facts())).toEqual([])
    expect(told(noWedge, asked)).toEqual(['The run ended with a doubt that nobody will look at.'])
  })

  it('an audit that names no time is looked at again all the same', async () => {
    const watch = await Watch.start()
    const runId = await watch.run()
    await watch.doubt(runId, await watch.begin(runId, { effect: claimOf('k') }))
    await watch.end(runId)
    await watch.claim(runId)
    await watch.write(runId, { kind: 'audit', dueAt: null })
    expect(told(noWedge, await watch.facts())).toEqual([])
  })
})
