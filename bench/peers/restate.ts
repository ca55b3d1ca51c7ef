import { type Context, serve, service } from '@restatedev/restate-sdk'
import { connect, Opts } from '@restatedev/restate-sdk-clients'
import type { Contender, Setting } from '../contender.js'
import type { Scene, Survivor } from '../crash/survivor.js'
import { inLanes } from '../lanes.js'
import { startRestate } from '../restate-server.js'
import { nextResult } from '../result.js'
import type { Tally } from '../tally.js'

const silent = () => undefined

/** Its SDK counts on this of Node 22; on Node 20 it is made here. */
Promise.withResolvers ??= <T>() => {
  let [resolve, reject]: [(value: T | PromiseLike<T>) => void, (reason?: unknown) => void] = [silent, silent]
  const promise = new Promise<T>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

/** "Serving" and "Register" of its documentation: an HTTP/2 endpoint that the server is told of. */
async function register(adminUrl: string, uri: string): Promise<void> {
  const response = await fetch(`${adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri, force: true }),
  })
  if (!response.ok) throw new Error(`Restate did not take the endpoint: ${await response.text()}`)
}

async function isRegistered(adminUrl: string, port: number): Promise<boolean> {
  const response = await fetch(`${adminUrl}/deployments`)
  return (await response.text()).includes(`:${port}`)
}

/** Its server is a process of its own, with a store of its own; nothing goes to PostgreSQL. */
export async function open({ home }: Setting): Promise<Contender> {
  const server = await startRestate(home)
  let tally: Tally | null = null
  const worked = service({
    name: 'worked',
    handlers: {
      run: async (ctx: Context, steps: number) => {
        for (let n = 0; n < steps && !tally?.over; n += 1) {
          const from = performance.now()
          await ctx.run('step', () => nextResult())
          tally?.step(performance.now() - from)
        }
        return steps
      },
    },
  })
  const port = await serve({ services: [worked], port: 0, logger: silent })
  await register(server.adminUrl, `http://127.0.0.1:${port}`)
  const client = connect({ url: server.ingressUrl }).serviceClient(worked)
  return {
    ...inLanes(async (steps, counted) => {
      tally = counted
      await client.run(steps)
    }),
    server,
    close: async () => {
      await server.stop()
      // Its endpoint has no way to be closed; whoever closes a contender ends its process.
    },
  }
}

/** The server outlives the service, and calls it again until it answers; a call under the same key waits for the same run. */
export async function survive({ server, effect }: Scene): Promise<Survivor> {
  const { ingressUrl, adminUrl, port } = JSON.parse(server ?? '{}')
  const survives = service({
    name: 'survives',
    handlers: {
      run: async (ctx: Context, { run, steps }: { run: string; steps: number }) => {
        for (let n = 0; n < steps; n += 1) await ctx.run('act', () => effect(run, n))
        return steps
      },
    },
  })
  await serve({ services: [survives], port, logger: silent })
  const uri = `http://127.0.0.1:${port}`
  if (!(await isRegistered(adminUrl, port))) await register(adminUrl, uri)
  const client = connect({ url: ingressUrl }).serviceClient(survives)
  const wait = (run: string, steps: number) => client.run({ run, steps }, Opts.from({ idempotencyKey: run }))
  return {
    begin: async (run, steps) => {
      await wait(run, steps)
    },
    goOn: async (run, steps) => {
      await wait(run, steps)
      return 'ended'
    },
    close: async () => undefined,
  }
}
