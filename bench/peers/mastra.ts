import { Mastra } from '@mastra/core'
import { createStep, createWorkflow } from '@mastra/core/workflows'
import { PostgresStore } from '@mastra/pg'
import { z } from 'zod'
import { Beat } from '../beat.js'
import type { Contender, Setting } from '../contender.js'
import type { Scene, Survivor } from '../crash/survivor.js'
import { inLanes } from '../lanes.js'
import { nextResult, type Result } from '../result.js'
import type { Tally } from '../tally.js'

process.env.MASTRA_TELEMETRY_DISABLED = '1'

const shape = z.object({ run: z.string() })
const withResult = shape.extend({ text: z.string() })

type Act = (run: string, step: number) => Result | null

/** Steps one behind the other, as in "Control flow"; null: the run leaves off. */
function chainOf(steps: number, act: Act) {
  const flow = createWorkflow({ id: `worked-${steps}`, inputSchema: shape, outputSchema: withResult })
  let made = flow as unknown as { then: (step: unknown) => typeof made; commit: () => typeof flow }
  for (let n = 0; n < steps; n += 1) made = made.then(stepOf(n, act))
  return made.commit()
}

function stepOf(n: number, act: Act) {
  return createStep({
    id: `step-${n}`,
    inputSchema: shape,
    outputSchema: withResult,
    execute: async ({ inputData: { run }, bail }) => {
      const result = act(run, n)
      return result === null ? bail({ run, ...nextResult() }) : { run, ...result }
    },
  })
}

/** "Storage" of its documentation: PostgresStore as the storage of the instance; all else are defaults, and its logs are off. */
async function instance(url: string, flow: ReturnType<typeof chainOf>) {
  const storage = new PostgresStore({ id: 'bench', connectionString: url })
  await storage.init()
  const mastra = new Mastra({ storage, ...Object.fromEntries([['workflows', { [flow.id]: flow }]]), logger: false })
  return { storage, worked: mastra.getWorkflow(flow.id) }
}

export async function open({ url }: Setting): Promise<Contender> {
  const beats = new Map<string, Beat>()
  let tally: Tally | null = null
  const act: Act = (run) => {
    beats.get(run)?.strike()
    return tally?.over ? null : nextResult()
  }
  const known = new Map<number, ReturnType<typeof instance>>()
  const of = (steps: number) => {
    const found = known.get(steps) ?? instance(url, chainOf(steps, act))
    known.set(steps, found)
    return found
  }
  return {
    ...inLanes(async (steps, counted) => {
      tally = counted
      const { worked } = await of(steps)
      const made = await worked.createRun()
      const beat = new Beat(counted)
      beats.set(made.runId, beat)
      const { status } = await made.start({ inputData: { run: made.runId } })
      beat.strike()
      beats.delete(made.runId)
      if (!counted.over && status !== 'success') throw new Error(`A run of Mastra ended ${status}.`)
    }),
    close: async () => {
      for (const one of known.values()) await (await one).storage.close()
    },
  }
}

/** "Run.restart()": nobody goes on by himself; whoever calls it has the run go on from its last active step. */
export async function survive({ url, effect }: Scene): Promise<Survivor> {
  const known = new Map<number, ReturnType<typeof instance>>()
  const of = (steps: number) => {
    const found = known.get(steps) ?? instance(url, chainOf(steps, effect))
    known.set(steps, found)
    return found
  }
  return {
    begin: async (run, steps) => {
      const made = await (await of(steps)).worked.createRun({ runId: run })
      await made.start({ inputData: { run } })
    },
    goOn: async (run, steps) => {
      const made = await (await of(steps)).worked.createRun({ runId: run })
      await made.restart()
      return 'ended'
    },
    close: async () => {
      for (const one of known.values()) await (await one).storage.close()
    },
  }
}
