import { expect, it } from 'vitest'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { systemClock } from '../../src/runtime/operator.js'
import { assemble } from '../../src/runtime.js'
import { terminal } from '../cli/terminal.js'
import { freshDatabase } from '../database.js'
import { Hand } from './crew.js'
import { SERVED, worker } from './scene.js'

/** So that the command waits two seconds where it says ten. */
const clock = { ...systemClock, monotonic: () => 5 * systemClock.monotonic() }
const RUNS = 40

it('the command waits for the last abort over all workers, and names the one that does not answer', async () => {
  const database = await freshDatabase()
  const ledger = await postgresLedger({ url: database.url })
  const mw = await assemble({ run: SERVED, worker: false }, { ledger })
  const hands = await Promise.all([Hand.hire(database.url, '60s'), Hand.hire(database.url, '60s')])
  try {
    const { say } = terminal({ ledger, over: { clock } })
    for (let no = 0; no < RUNS; no += 1) await mw.start(worker, { input: { no, sort: 'read' } })
    while (hands[0].count('begun') + hands[1].count('begun') < RUNS) await new Promise((look) => setTimeout(look, 20))
    // Whoever has more: one alone may have taken all.
    const [asleep, awake] = hands[0].count('begun') > hands[1].count('begun') ? hands : [hands[1], hands[0]]
    asleep.stop()
    const { exit, data } = await say('kill', 'fleet', '--json')
    expect([exit, data.lastAbortMs, data.silent]).toEqual([4, null, [asleep.name]])
    const open = data.underWay.filter((one: { overAt: number | null }) => one.overAt === null)
    expect([data.underWay.length, open.length]).toEqual([RUNS, asleep.count('begun')])
    expect((await say('kill', 'fleet')).out).toContain(`${asleep.name} did not answer`)

    asleep.wake()
    const again = await say('kill', 'fleet', '--json')
    expect([again.exit, again.data.silent]).toEqual([0, []])
    expect(awake.count('aborted') + asleep.count('aborted')).toBe(RUNS)
  } finally {
    await Promise.all(hands.map((hand) => hand.dismiss()))
    await mw.stop()
    await ledger.close()
    await database.drop()
  }
}, 60_000)
