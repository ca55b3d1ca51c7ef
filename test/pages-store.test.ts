import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { midwatch } from '../src/index.js'
import type { Midwatch } from '../src/runtime.js'
import { scriptedModel } from '../src/testing/index.js'
import { freshDatabase } from './database.js'
import { RunPages } from './pages/loaded.js'
import type { Anything } from './replay.js'

const pages = new RunPages()
let database: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  database = await freshDatabase()
  vi.stubEnv('DATABASE_URL', database.url)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  pages.close()
  await database.drop()
})

type Page<N extends string> = Readonly<Record<N, Anything>> & { readonly mw: Midwatch }
const model = scriptedModel({
  replies: ({ tools }) => ({
    toolCalls: [{ name: 'complete', input: tools.includes('unused') ? {} : { resolution: 'Done.', reply: 'Done.' } }],
  }),
})

describe('the code of a page that has a store is run', () => {
  it('containment: starts with its limits, and stops', async () => {
    const { mw, desk } = await pages.load<Page<'desk'>>('docs/containment.md', { large: model, small: model })
    expect(mw.stopping.aborted).toBe(true)
    expect(desk.name).toBe('desk')
  })

  it('backpressure: what has room is started, and worked by a worker of its queue', async () => {
    const { mw, started } = await pages.load<{ mw: Midwatch; started(shard: number): Promise<string | null> }>(
      'docs/backpressure.md',
    )
    try {
      const runId = (await started(7)) ?? ''
      expect(await mw.run(runId).outcome()).toMatchObject({ status: 'completed', output: { shard: 7 } })
      expect(await mw.ledger.run({ runId })).toMatchObject({ queue: 'batch' })
    } finally {
      await mw.stop()
    }
  })

  it('opentelemetry: a run is started in the trace that it was given', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const fetched = vi.fn(async () => Response.json({ id: 'W1' }))
    vi.stubGlobal('fetch', fetched)
    const { mw, lookUp } = await pages.load<Page<never> & { lookUp: { spec: { execute: Executes } } }>(
      'docs/opentelemetry.md',
      {
        headers: { traceparent },
      },
    )
    try {
      const [run] = await mw.ledger.runs({})
      expect(await mw.run(run?.runId ?? '').outcome()).toMatchObject({ output: 'hello' })
      const { signal } = new AbortController()
      expect(await lookUp.spec.execute({ id: 'W1' }, { traceparent, signal })).toEqual({ id: 'W1' })
      expect(fetched).toHaveBeenCalledWith('https://shop.example/orders/W1', { headers: { traceparent }, signal })
    } finally {
      await mw.stop()
    }
  })

  it('scores: a thumb is kept of a run that has ended', async () => {
    const { desk, thumb } = await pages.load<Page<'desk'> & { thumb(runId: string): Promise<unknown[]> }>(
      'docs/scores.md',
      {
        large: model,
        small: model,
      },
    )
    const mw = await midwatch({ run: [desk], databaseUrl: database.url })
    try {
      const run = await mw.start(desk, { input: { message: 'Hello' } })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
      expect(await thumb(run.id)).toContainEqual(expect.objectContaining({ who: 'ann' }))
    } finally {
      await mw.stop()
    }
  })
})

type Executes = (input: { id: string }, call: object) => Promise<unknown>
