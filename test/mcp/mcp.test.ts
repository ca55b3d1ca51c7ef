import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Outcome } from '../../src/core/states.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { flow } from '../../src/orchestrator/flow.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { closeServers, connectionTo } from '../../src/tools/mcp/connections.js'
import type { McpEffect } from '../../src/tools/mcp/effects.js'
import { mcpTools } from '../../src/tools/mcp/mcp-tools.js'
import { knownServer } from '../../src/tools/mcp/server.js'
import type { AnyTool } from '../../src/tools/tool.js'
import { Bell } from './bell.js'
import { lives } from './lives.js'

const bell = new Bell()
const ALLOW = ['ring', 'ring_keyed', 'look', 'weigh', 'rename'] as const
type Name = (typeof ALLOW)[number]
let mw: Midwatch
const alarms: string[] = []
let runs = 0

/** Calls one tool in a run of its own. */
async function call(tool: AnyTool, input: object, more: { trace?: { traceparent: string } } = {}) {
  runs += 1
  const at = String(runs)
  asked.set(at, { tool, input })
  const run = await mw.start(caller, { input: { at }, ...more })
  return {
    run,
    outcome: run.outcome() as Promise<
      Outcome<{ status: string; output?: unknown; code?: string; message?: string; say?: string; rule?: string }>
    >,
  }
}

const asked = new Map<string, { tool: AnyTool; input: object }>()
const caller = flow({
  name: 'caller',
  version: 1,
  input: z.object({ at: z.string() }),
  run: async (ctx, { at }) => {
    const { tool, input } = asked.get(at) as { tool: AnyTool; input: never }
    return ctx.try.tool(tool, input)
  },
})

async function result(tool: AnyTool, input: object) {
  const outcome = await (await call(tool, input)).outcome
  return outcome.status === 'completed' ? outcome.output : outcome
}

/** The one question that a run is waiting with. */
async function doubt(tool: AnyTool, input: object) {
  const { run } = await call(tool, input)
  for await (const _event of run.events()) {
    const [open] = await mw.ledger.escalations({ state: 'open', runId: run.id })
    if (open) return open
  }
  throw new Error(`It asked nobody: ${JSON.stringify(await run.outcome())} ${alarms.join()}`)
}

function named(name: Name, effect?: McpEffect, env: Readonly<Record<string, string>> = {}, of = bell): AnyTool {
  const effects = { [name]: effect } as never
  const [tool] = mcpTools(of.server(env), { allow: [name], effects, pinFile: of.pinFile })
  if (!tool) throw new Error('no tool')
  return tool
}

const pidOf = () => bell.rang().at(-1)?.pid ?? 0
beforeAll(async () => {
  await bell.pin()
  mw = await assemble({ run: [caller], alarm: (what) => alarms.push(what) }, { ledger: memoryLedger() })
})
beforeEach(() => alarms.splice(0))
afterAll(async () => {
  await mw.stop()
  bell.remove()
})

describe('a tool of an MCP server on stdio', () => {
  it('is called once, with its key and fence, and gives its text', async () => {
    expect(await result(named('ring'), { name: 'big-ben' })).toEqual({ status: 'completed', output: 'big-ben rang' })
    const rang = bell.rang().filter(({ name }) => name === 'big-ben')
    expect(rang).toEqual([expect.objectContaining({ key: expect.stringMatching(/^auto\|/), attempt: 1 })])
    expect(Number(rang[0]?.fence)).toBeGreaterThan(0)
  })

  it('hears of the trace that its run is of', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const { outcome } = await call(named('ring'), { name: 'traced' }, { trace: { traceparent } })
    await outcome
    expect(bell.rang().filter(({ name }) => name === 'traced')).toMatchObject([{ traceparent }])
  })

  it('gives structured content as it is, of the shape that was accepted', async () => {
    expect(await result(named('weigh'), { name: 'tom' })).toEqual({ status: 'completed', output: { grams: 3 } })
  })

  it('that crashed after it acted under a key that it keeps is asked again, by another process, and acted once', async () => {
    const keyed = named('ring_keyed', { effect: 'keyed', concurrent: true })
    expect(await result(keyed, { name: 'emma', how: 'crash_once' })).toEqual({
      status: 'completed',
      output: 'rang before',
    })
    expect(bell.rang().filter(({ name }) => name === 'emma')).toHaveLength(1)
    expect(alarms).toEqual([expect.stringContaining("'bell' ended (code 9)")])
  })

  it('of class once that crashed is never sent again: a person is asked', async () => {
    const asks = await doubt(named('ring', 'once'), { name: 'otto', how: 'crash' })
    expect(asks).toMatchObject({ kind: 'doubt', tool: 'ring' })
    expect(bell.rang().filter(({ name }) => name === 'otto')).toHaveLength(1)
  })

  it('of class once that has not answered at its bound is ended with its process, before anybody may say what it did', async () => {
    // It has fallen before: it is started first, for that takes its time.
    await result(named('weigh', 'read'), { name: 'ready' })
    const ring = named('ring', { effect: 'once', timeout: '900ms' })
    await doubt(ring, { name: 'hans', how: 'hang' })
    await expect.poll(() => lives(pidOf()), { timeout: 10_000 }).toBe(false)
    expect(bell.rang().filter(({ name }) => name === 'hans')).toHaveLength(1)
  })

  it('that another call on it took down did not answer: a read is asked again', async () => {
    const look = named('look', 'read')
    await result(look, { name: 'ready' })
    const slow = result(look, { name: 'nobody', how: 'slow' })
    await doubt(named('ring', 'once'), { name: 'ida', how: 'crash' })
    expect(await slow).toEqual({ status: 'completed', output: 'nobody rang' })
  })
})

describe('an answer that is an error', () => {
  it('of a write says nothing about what it did: a person is asked', async () => {
    const asks = await doubt(named('ring', { effect: 'once' }), { name: 'eve', how: 'error' })
    expect(asks.kind).toBe('doubt')
  })

  it('says that it did not act where the config says so, and the model reads why', async () => {
    const ring = named('ring', { effect: 'once', errors: 'not_performed' })
    const said = await result(ring, { name: 'udo', how: 'error_before' })
    expect(said).toMatchObject({ status: 'failed', code: 'mcp_tool_error', message: 'there is no rope' })
  })

  it('of a read is its result, and is not asked for again', async () => {
    const look = named('look', { effect: 'read' })
    expect(await result(look, { name: 1 })).toMatchObject({ status: 'failed' })
  })
})

describe('what its server says of it', () => {
  it('that is no more what was accepted stops the tool before anything is begun, and operators are told once', async () => {
    const ring = named('ring', undefined, { BELL_SAYS: 'Rings all bells of the town.' })
    const before = bell.rang().length
    const first = await result(ring, { name: 'gong' })
    expect(first).toMatchObject({ status: 'refused', rule: 'mcp_changed' })
    expect(first).toMatchObject({ say: expect.stringContaining('has changed the description of') })
    expect(await result(ring, { name: 'gong' })).toMatchObject({ status: 'refused', rule: 'mcp_changed' })
    expect(bell.rang()).toHaveLength(before)
    expect(alarms.filter((one) => one.includes('has changed'))).toHaveLength(1)
  })

  it('and that changes while it runs stops it from then on', async () => {
    expect(await result(named('ring'), { name: 'before' })).toMatchObject({ status: 'completed' })
    expect(await result(named('rename', 'once'), {})).toMatchObject({ status: 'completed' })
    const known = connectionTo(knownServer(bell.server()))
    await expect.poll(async () => (await known.open()).tools.get('ring')?.pin.description).toContain('evil.example')
    expect(await result(named('ring'), { name: 'after' })).toMatchObject({ status: 'refused', rule: 'mcp_changed' })
    expect(bell.rang().some(({ name }) => name === 'after')).toBe(false)
    await closeServers()
  })

  it('that nobody accepted yet stops it too', async () => {
    const [ring] = mcpTools(bell.server(), { allow: ['ring'], pinFile: `${bell.folder}/none.json` })
    expect(await result(ring as AnyTool, { name: 'new' })).toMatchObject({ status: 'refused', rule: 'mcp_not_pinned' })
  })
})

describe('an answer too large', () => {
  it('for a journal is left out, and what was done stays done', async () => {
    const said = await result(named('ring', { effect: 'once' }), { name: 'long', how: 'large' })
    expect(said).toMatchObject({ status: 'completed', output: { performed: true, code: 'result_too_large' } })
  })

  it('for the wire costs the server its life, and the run goes on', async () => {
    const look = named('look', { effect: 'read', attempts: 1 })
    expect(await result(look, { name: 'long', how: 'big' })).toMatchObject({ status: 'failed' })
    expect(alarms.join()).toContain('it sent a message of')
  })
})

describe('a tool of a server that', () => {
  const tower = new Bell('tower')
  const of = (name: Name, effect: McpEffect) => named(name, effect, {}, tower)
  /** One that has fallen takes its time to come back; a read waits for it. */
  const ready = () => result(of('weigh', 'read'), { name: 'ready' })
  const timesRung = (...names: string[]) => tower.rang().filter(({ name }) => names.includes(name)).length
  beforeAll(() => tower.pin())
  afterAll(() => tower.remove())

  it('takes its key as an argument has it there, where no model fills it in', async () => {
    const keyed = of('ring_keyed', { effect: 'keyed', concurrent: true, keyArgument: 'request' })
    expect(Object.keys(keyed.spec.jsonSchema.properties as object)).not.toContain('request')
    expect(await result(keyed, { name: 'kate', how: 'crash_once' })).toMatchObject({ output: 'rang before' })
    expect(tower.rang().map(({ name, key }) => [name, typeof key])).toEqual([['kate', 'string']])
  })

  it('lost the answer of a checked call is asked by a read of its own what became of it', async () => {
    const asks = new Set<unknown>()
    const checked = (attempts: number) =>
      mcpTools(tower.server(), {
        allow: ['ring', 'look'],
        pinFile: tower.pinFile,
        effects: {
          ring: {
            ...{ effect: 'checked', timeout: '500ms', settles: '0ms', attempts },
            // Asked again while the server is not back.
            check: async ({ name }, _call, ask) => {
              const rang = JSON.parse(String(await ask('look', { name }))) as unknown[]
              asks.add(await ask('ring', { name }).catch(({ message }) => message))
              return rang.length > 0 ? { did: 'happen', result: `${name} had rung` } : { did: 'not_happen' }
            },
          },
        },
      })[0] as AnyTool
    await ready()
    expect(await result(checked(2), { name: 'nora', how: 'crash' })).toMatchObject({ output: 'nora had rung' })
    await ready()
    expect(await result(checked(1), { name: 'nobody', how: 'crash_before' })).not.toMatchObject({ output: 'nobody' })
    expect([...asks]).toEqual(["A check may ask the reads of its server's `allow`, not 'ring'."])
    expect(timesRung('nora', 'nobody')).toBe(1)
  })

  it('was stopped is ended with its process at the bound of a once call, which nobody sends again', async () => {
    await ready()
    await result(of('ring', 'once'), { name: 'ida' })
    const pid = tower.rang().at(-1)?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    const asks = await doubt(of('ring', { effect: 'once', timeout: '500ms' }), { name: 'ilse' })
    expect(asks.kind).toBe('doubt')
    await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false)
    await ready()
    expect([timesRung('ida'), timesRung('ilse')]).toEqual([1, 0])
  })
})

it('a server that cannot be started did nothing', async () => {
  const [gone] = mcpTools(
    { name: 'gone', command: '/nowhere/server' },
    { allow: ['a'], pin: 'off', effects: { a: 'once' } },
  )
  expect(await result(gone as AnyTool, {})).toMatchObject({ status: 'failed', code: 'mcp_unreachable' })
})

it('a runtime that stops leaves no server behind', async () => {
  await result(named('ring'), { name: 'last' })
  const pid = pidOf()
  expect(lives(pid)).toBe(true)
  await closeServers()
  await expect.poll(() => lives(pid)).toBe(false)
})
