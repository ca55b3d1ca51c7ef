import { DBOS } from '@dbos-inc/dbos-sdk'
import { type Contender, type Order, RESULT, type Setting } from '../contender.js'
import type { Tally } from '../tally.js'

/** DBOS as its documentation sets it up: a system database in PostgreSQL, the defaults for all else. Only its logs are off. */
export async function dbos({ url }: Setting): Promise<Contender> {
  let tally: Tally | null = null
  const step = async () => RESULT
  const worked = DBOS.registerWorkflow(
    async (steps: number) => {
      for (let n = 0; n < steps && !tally?.over; n += 1) {
        const from = performance.now()
        await DBOS.runStep(step, { name: 'step' })
        tally?.step(performance.now() - from)
      }
      return steps
    },
    { name: 'worked' },
  )
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error' })
  await DBOS.launch()
  const lane = async (steps: number) => {
    while (tally && !tally.over) {
      const handle = await DBOS.startWorkflow(worked)(steps)
      await handle.getResult()
    }
  }
  return {
    async work({ lanes, steps }: Order, counted) {
      tally = counted
      await Promise.all(Array.from({ length: lanes }, () => lane(steps)))
    },
    close: () => DBOS.shutdown(),
  }
}
