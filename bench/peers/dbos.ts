import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Contender, Setting } from '../contender.js'
import type { Scene, Survivor } from '../crash/survivor.js'
import { inLanes } from '../lanes.js'
import { nextResult } from '../result.js'
import type { Tally } from '../tally.js'

/** As "Configuring DBOS" of its documentation says: a system database in PostgreSQL, the defaults for all else. Only its logs are off. */
async function launch(url: string): Promise<void> {
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error' })
  await DBOS.launch()
}

export async function open({ url }: Setting): Promise<Contender> {
  let tally: Tally | null = null
  const step = async () => nextResult()
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
  await launch(url)
  return {
    ...inLanes(async (steps, counted) => {
      tally = counted
      const handle = await DBOS.startWorkflow(worked)(steps)
      await handle.getResult()
    }),
    close: () => DBOS.shutdown(),
  }
}

/** Which run it is, in the peer's own word. */
const named = (run: string) => Object.fromEntries([['workflowID', run]])

/** "Workflow recovery": an executor that starts again, under the same id and the same code, goes on with its own by itself. */
export async function survive({ url, effect }: Scene): Promise<Survivor> {
  const survives = DBOS.registerWorkflow(
    async (run: string, steps: number) => {
      for (let n = 0; n < steps; n += 1) await DBOS.runStep(async () => effect(run, n), { name: 'act' })
    },
    { name: 'survives' },
  )
  await launch(url)
  return {
    begin: async (run, steps) => {
      const handle = await DBOS.startWorkflow(survives, named(run))(run, steps)
      await handle.getResult()
    },
    goOn: async (run) => {
      await DBOS.retrieveWorkflow(run).getResult()
      return 'ended'
    },
    close: () => DBOS.shutdown(),
  }
}
