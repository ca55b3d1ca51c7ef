import { type ObjectContext, object, serde } from '@restatedev/restate-sdk'
import type { Midwatch, Worked } from 'midwatch'

export const NET = 'net'
const EVERY_MS = 2_000

/**
 * The net beneath the desk, one object with one timer: much makes a run due that Restate does not hear of, such as a circuit
 * breaker that closes, the release of a kill switch, or an answer by the command line. What is due is worked here.
 */
export function netOf(mw: Midwatch) {
  return object({
    name: NET,
    handlers: {
      /** Without a turn it begins anew; a timer that is not the last one does nothing. */
      sweep: async (ctx: ObjectContext, turn: number | null): Promise<Worked | 'stale'> => {
        const last = (await ctx.get<number>('turn')) ?? 0
        if (turn !== null && turn !== last) return 'stale'
        const worked = await ctx.run('work', () => mw.work({ within: '1s' }))
        ctx.set('turn', last + 1)
        const next = { service: NET, method: 'sweep', key: ctx.key, parameter: last + 1, inputSerde: serde.json }
        ctx.genericSend({ ...next, delay: EVERY_MS })
        return worked
      },
    },
  })
}
