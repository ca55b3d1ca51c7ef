import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { escalate } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { tool } from '../src/tools/tool.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, message, model, says, spender } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const SECRET = 'webhook-secret'

interface Notice {
  readonly id: string
  readonly kind: string
  readonly tenant: string | null
  readonly runId: string | null
  readonly at: number
  readonly detail: Record<string, unknown>
}

/** Somebody's endpoint: keeps what it is sent, answers as it is told, and believes nothing that is not signed. */
class Pager {
  readonly calls: { notice: Notice; signed: boolean; header: string; answered: number }[] = []
  /** Status of the next answers, in order; then 200. */
  readonly answers: number[] = []
  #ears: (() => void)[] = []

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(): Promise<Pager> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const pager = new Pager(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`)
    server.on('request', async (request: IncomingMessage, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const answered = pager.answers.shift() ?? 200
      response.writeHead(answered).end()
      pager.#hear(request, body, answered)
    })
    return pager
  }

  #hear(request: IncomingMessage, body: string, answered: number): void {
    const [, at = '', sum = ''] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['midwatch-signature'])) ?? []
    const signed = sum === createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex')
    this.calls.push({ notice: JSON.parse(body), signed, header: String(request.headers['midwatch-id']), answered })
    for (const tell of this.#ears.splice(0)) tell()
  }

  /** The calls about a run or of a kind, as soon as there are so many. */
  async heard(of: (notice: Notice) => boolean, count = 1) {
    for (;;) {
      const found = this.calls.filter((call) => of(call.notice))
      if (found.length >= count) return found
      await new Promise<void>((tell) => this.#ears.push(tell))
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}

let pager: Pager | null = null
afterEach(async () => {
  await pager?.close()
  pager = null
})

describe.each(LEDGERS)('the notify webhook on the %s ledger', (kind) => {
  const on = stage(kind)
  const notified = async () => {
    pager = await Pager.open()
    return { pager, notify: { url: pager.url, secret: SECRET } }
  }

  it('is told of an escalation, signed and with its id', async () => {
    const { pager, notify } = await notified()
    const { spend } = spender()
    const rules = { spend: () => escalate({ to: 'finance', within: '4h', otherwise: 'refuse' }) }
    const asked = model([says('spend', { id: 'A', amount: 5 }), done])
    const a = agent({ ...desk(on.name('a'), asked), tools: [spend], rules })
    const mw = await on.runtime({ run: [a], notify })
    const run = await mw.start(a, { input: message })
    const [call] = await pager.heard((notice) => notice.runId === run.id)
    const id = await escalated(mw, run.id)
    expect(call).toMatchObject({
      signed: true,
      header: call?.notice.id,
      notice: { kind: 'escalation', tenant: 'default' },
    })
    expect(JSON.stringify(call?.notice.detail)).toContain(id)
    await on.ledger.answer({ id, decision: 'deny', by: 'fay' })
    await run.outcome()
    expect(pager.calls.filter((one) => one.notice.runId === run.id)).toHaveLength(1)
  })

  it('is told again, under the same id, until it answers well', async () => {
    const { pager, notify } = await notified()
    pager.answers.push(500)
    const mw = await on.runtime({ run: [], notify, worker: false })
    const scope = `tenant:${on.name('t')}`
    await on.ledger.engage({ scope, mode: 'hold', by: 'op', reason: 'drill' })
    const isIt = (notice: Notice) => notice.kind === 'kill' && JSON.stringify(notice.detail).includes(scope)
    await pager.heard(isIt)
    await on.jump(20_000)
    const calls = await pager.heard(isIt, 2)
    expect(calls.map((call) => [call.answered, call.signed])).toEqual([
      [500, true],
      [200, true],
    ])
    expect(new Set(calls.map((call) => call.notice.id)).size).toBe(1)
    expect(on.alarms.splice(0)).toEqual([expect.stringContaining('The notify webhook answered 500')])
    await on.ledger.release({ scope, by: 'op', jitterMs: 0 })
    await pager.heard((notice) => notice.kind === 'release')
    await on.jump(20_000)
    await mw.stop()
    expect(pager.calls.filter((call) => isIt(call.notice))).toHaveLength(2)
  })

  it('is told of a doubt that only a person can clear', async () => {
    const { pager, notify } = await notified()
    const post = tool({
      name: 'post',
      description: 'Post.',
      input: z.object({ id: z.string() }),
      effect: 'once',
      isolate: 'none',
      execute: async () => {
        throw new Error('connection reset')
      },
    })
    const f = flow({ name: on.name('f'), version: 1, input: z.object({}), run: (ctx) => ctx.tool(post, { id: 'A' }) })
    const mw = await on.runtime({ run: [f], notify })
    const run = await mw.start(f, { input: {} })
    const [call] = await pager.heard((notice) => notice.runId === run.id)
    expect(call).toMatchObject({ signed: true, notice: { kind: 'doubt' } })
  })

  it('is told of a dead letter, and of what was left while nobody listened', async () => {
    const { pager, notify } = await notified()
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({}),
      run: async () => {
        throw new Error('a bug')
      },
    })
    const deaf = await on.runtime({ run: [f] })
    const run = await deaf.start(f, { input: {} })
    expect(await run.outcome()).toMatchObject({ status: 'failed', code: 'flow_threw' })
    await deaf.stop()
    await on.runtime({ run: [], notify, worker: false })
    const [call] = await pager.heard((notice) => notice.runId === run.id)
    expect(call).toMatchObject({ signed: true, notice: { kind: 'dead_letter' } })
  })
})
