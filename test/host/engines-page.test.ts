import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { flow } from '../../src/orchestrator/flow.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { RunPages } from '../pages/loaded.js'

interface Page {
  readonly greet: ReturnType<typeof asking>
  open(): Promise<Midwatch>
  GET(request: Request): Promise<Response>
  POST(request: Request): Promise<Response>
  take(mw: Midwatch, message: object): Promise<void>
  host(runId: string): Promise<void>
  readonly activities: object
}

/** Sleeps, then asks a person. */
const asking = () =>
  flow({
    name: 'asking',
    version: 1,
    input: z.object({ name: z.string() }),
    run: async (ctx, { name }) => {
      await ctx.sleep('50ms')
      const answer = z.object({ ok: z.boolean() })
      const said = await ctx.ask({
        question: 'Greet?',
        show: { name },
        answer,
        to: 'ops',
        within: '4h',
        otherwise: { ok: false },
      })
      return said.ok ? `Hello ${name}` : 'No word.'
    },
  })

const pages = new RunPages()
const opened: Midwatch[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(opened.splice(0).map((mw) => mw.stop()))
})
afterAll(() => pages.close())

/** The page's code on one ledger, with a runtime that works nothing; `stands` is what Temporal and the platform would be. */
async function loaded(stands: Readonly<Record<string, unknown>> = {}) {
  const ledger = memoryLedger()
  const run = [asking()]
  const options = { run, ledger, alarm: () => undefined }
  const mw = await assemble({ ...options, worker: false }, { ledger })
  opened.push(mw)
  const page = await pages.load<Page>('docs/engines.md', { options, defineSignal: (name: string) => name, ...stands })
  run.push(page.greet as never)
  return { page, mw, agent: run[0] as ReturnType<typeof asking> }
}

const cronOf = (secret: string) =>
  new Request('http://localhost/api/cron', { headers: { authorization: `Bearer ${secret}` } })

describe('the code of docs/engines.md is run', () => {
  it('cron: works what is due, and what falls due meanwhile, for whoever knows the secret', async () => {
    vi.stubEnv('CRON_SECRET', 'open sesame')
    const { page, mw, agent } = await loaded()
    const { id } = await mw.start(agent, { input: { name: 'Ada' } })
    expect((await page.GET(cronOf('guessed'))).status).toBe(401)
    expect((await mw.ledger.run({ runId: id }))?.state).toBe('queued')
    const answer = await page.GET(cronOf('open sesame'))
    // To the sleep, and from there to the question.
    expect(await answer.json()).toEqual({ stretches: 2, idle: true })
    expect(await mw.ledger.escalations({ state: 'open', runId: id })).toHaveLength(1)
    // Nobody is left who holds anything.
    const now = await mw.ledger.now()
    expect((await mw.ledger.workers.list()).map(({ leaseUntil }) => leaseUntil <= now)).toEqual([true])
  })

  it('a request: answers at once, and advances in the time that is left', async () => {
    const later: Promise<unknown>[] = []
    const { page, mw } = await loaded({ waitUntil: (work: Promise<unknown>) => void later.push(work) })
    const asked = () =>
      page.POST(
        new Request('http://localhost', {
          method: 'POST',
          body: '{"name":"Ada"}',
          headers: { 'idempotency-key': 'k' },
        }),
      )
    const [one, two] = [await asked(), await asked()]
    const { runId } = (await one.json()) as { runId: string }
    expect([one.status, await two.json()]).toEqual([202, { runId }])
    await Promise.all(later)
    expect(await mw.run(runId).outcome()).toEqual({ status: 'completed', output: 'Hello Ada' })
  })

  it('queues: a message is a run before it is removed, however often it comes', async () => {
    const { page } = await loaded()
    const mw = await page.open()
    opened.push(mw)
    const removed: number[] = []
    const remove = async () => void removed.push((await mw.ledger.runs({})).length)
    const message = { id: 'm-1', body: { name: 'Ada' }, remove }
    await page.take(mw, message)
    await page.take(mw, message)
    await page.take(mw, { ...message, id: 'm-2', body: { key: 'm-1', name: 'Ada' } })
    expect(removed).toEqual([1, 1, 1])
  })

  it('Temporal: an activity for each call, a timer between them, a signal that cuts it short', async () => {
    const signals: (() => void)[] = []
    const waited: number[] = []
    const condition = async (isSo: () => boolean, withinMs: number) => {
      waited.push(withinMs)
      const until = performance.now() + withinMs
      while (!isSo() && performance.now() < until) await new Promise((turn) => setTimeout(turn, 5))
      return isSo()
    }
    let mine: Page | undefined
    let hosting: Midwatch | undefined
    const stands = {
      condition,
      heartbeat: () => undefined,
      setHandler: (_: string, handle: () => void) => void signals.push(handle),
      proxyActivities: () => mine?.activities,
      mw: { advance: (runId: string) => hosting?.advance(runId) },
    }
    const { page, mw, agent } = await loaded(stands)
    mine = page
    hosting = mw
    const { id } = await mw.start(agent, { input: { name: 'Ada' } })
    const hosted = page.host(id)
    await expect.poll(() => waited.length).toBe(2)
    const [question] = await mw.ledger.escalations({ state: 'open', runId: id })
    const answer = { id: question?.id ?? '', decision: 'answer', by: 'ann', result: '{"ok":true}' } as const
    expect((await mw.ledger.answer(answer)).code).toBe('ok')
    for (const tell of signals) tell()
    await hosted
    expect(await mw.run(id).outcome()).toEqual({ status: 'completed', output: 'Hello Ada' })
    expect([waited[0], waited[1]]).toEqual([expect.closeTo(50, -2), 60_000])
  })
})
