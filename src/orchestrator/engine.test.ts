import { expect, it } from 'vitest'
import { z } from 'zod'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { assemble } from '../runtime.js'
import { manualClock } from '../testing/manual-clock.js'
import { flow } from './flow.js'

const HOUR_MS = 3_600_000

it.each([2 * HOUR_MS, -2 * HOUR_MS])(
  'a run does not miss its deadline because the wall clock is moved by %i ms',
  async (ms) => {
    const [clock, ledgerClock] = [manualClock(), manualClock()]
    const f = flow({
      name: 'jump',
      version: 1,
      input: z.object({}),
      ceilings: { run: { deadline: '1h' } },
      run: async (ctx) => {
        await ctx.read('jump', async () => clock.setWall(clock.now() + ms))
        await ctx.sleep('100ms')
        return 'in time'
      },
    })
    const ledger = memoryLedger({ clock: ledgerClock })
    const mw = await assemble({ run: [f], alarm: () => undefined }, { clock, ledger })
    const run = await mw.start(f, { input: {} })
    let outcome: unknown = null
    void run.outcome().then((said) => {
      outcome = said
    })
    for (let n = 0; n < 1_000 && outcome === null; n += 1)
      await Promise.all([clock, ledgerClock].map((c) => c.advance(10)))
    expect(outcome).toEqual({ status: 'completed', output: 'in time' })
    const stopped = mw.stop()
    await clock.advance(10_000)
    await stopped
  },
)
