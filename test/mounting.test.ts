import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { flow, type Midwatch, midwatch, nodeHandler } from 'midwatch'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { freshDatabase, type TestDatabase } from './database.js'

const AT = '/api/midwatch'
const echo = flow({ name: 'echo', version: 1, input: z.object({ say: z.string() }), run: async (_ctx, input) => input })

let database: TestDatabase
let mw: Midwatch
beforeAll(async () => {
  database = await freshDatabase()
  mw = await midwatch({
    run: [echo],
    databaseUrl: database.url,
    http: { basePath: AT, access: () => ({ principal: 'host', role: 'admin', tenants: null, tokenId: null }) },
  })
})
afterAll(async () => {
  await mw.stop()
  await database.drop()
})

const starting = {
  method: 'POST',
  body: '{"agent":"echo","input":{"say":"hello"}}',
  headers: { 'content-type': 'application/json' },
}

/** Starts a run through a mount, and reads it again; what is not below the mount is the host's. */
async function works(ask: (path: string, given?: RequestInit) => Promise<Response>) {
  const made = await ask(`${AT}/v1/runs`, starting)
  const { runId } = (await made.json()) as { runId: string }
  expect(made.status).toBe(201)
  await mw.run(runId).outcome()
  const read = await ask(`${AT}/v1/runs/${runId}`)
  expect(await read.json()).toMatchObject({ result: { status: 'completed', output: { say: 'hello' } } })
  const gone = (await (await ask(`${AT}/v1/runs/none`)).json()) as { type: string }
  expect(gone.type).toBe(`${AT}/errors/unknown_run`)
  expect((await ask(gone.type)).status).toBe(200)
}

it('is mounted in Hono', async () => {
  const app = new Hono()
  app.all(`${AT}/*`, (c) => mw.fetch(c.req.raw))
  await works(async (path, given) => app.request(path, given))
})

it('is a route handler of Next: a function of the request, whatever else it is given', async () => {
  const handler = (request: Request) => mw.fetch(request)
  const route = { GET: handler, POST: handler, PUT: handler } as Record<
    string,
    (request: Request, context: object) => Promise<Response>
  >
  await works(async (path, given) => {
    const request = new Request(`http://localhost${path}`, given)
    return route[request.method]?.(request, { params: Promise.resolve({}) }) ?? new Response(null, { status: 405 })
  })
})

it('is a handler of node and Express, beside routes of the host', async () => {
  const handler = nodeHandler(mw)
  const server = createServer((incoming, outgoing) => {
    if (incoming.url?.startsWith(`${AT}/`)) void handler(incoming, outgoing)
    else outgoing.end('the host')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await works((path, given) => fetch(`${url}${path}`, given))
  expect(await (await fetch(`${url}/else`)).text()).toBe('the host')
  await new Promise((resolve) => server.close(resolve))
})
