import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { Scene } from '../../testing/conformance/scene.js'

describe('midwatch queues', () => {
  it('lists what waits and what is bounded, and sets and takes away bounds', async () => {
    const ledger = memoryLedger()
    const { say } = terminal({ ledger })
    expect((await say('queues')).out).toBe(
      'Nothing waits to begin, and no worker looks into any queue.\n\nNo bound is set: as much as comes may wait.\n',
    )
    const s = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
    for (const tenant of ['a', 'a', 'b']) await s.admit({ tenant, queue: 'batch' })
    expect((await say('queues')).out).toMatch(/batch +3 +\S+.* nobody/)
    expect((await say('queues', 'bound', 'tenant:*', '2')).out).toBe(
      'At most 2 may wait to begin in tenant:*, from the next start on.\n',
    )
    await s.admit({ tenant: 'a', queue: 'batch' })
    expect((await say('queues')).out).toMatch(/tenant:a +2 +2 +- +1 +0 +0 +ann/)
    const { data } = await say('queues', '--json')
    expect(data.queues).toMatchObject([{ queue: 'batch', waiting: 3, servedBy: [] }])
    expect(data.bounds[0]).toMatchObject({ scope: 'tenant:a', max: 2, waiting: 2, refused: 1, late: 0, shed: 0 })
    expect((await say('queues', 'bound', 'tenant:*', 'none')).out).toBe('As much as comes may wait in tenant:*.\n')
    expect((await say('queues', '--json')).data.bounds).toEqual([])
  })

  it.each([
    [['limit', 'tenant:a', '2'], "'limit' is nothing to do with queues"],
    [['bound', 'tool:x', '2'], "'tool:x' has no bound"],
    [['bound', 'tenant:a', '0'], "'0' is no bound"],
    [['bound', 'tenant:a', ''], "'' is no bound"],
  ])('%j is no usage', async (args, says) => {
    expect(await terminal().say('queues', ...args)).toMatchObject({ exit: 2, err: expect.stringContaining(says) })
  })
})
