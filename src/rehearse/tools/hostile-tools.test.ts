import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.js'
import { ToolFault } from '../../tools/fault.js'
import { type ToolSpec, tool } from '../../tools/tool.js'
import type { FaultName, Strike } from '../fault.js'
import type { StandIn } from '../scenario.js'
import { callFor, type HandMade, handMade } from '../surroundings.fixture.js'
import { HostileTools } from './hostile-tools.js'
import { answers, recorded, remembers } from './stand-ins.js'

const input = z.object({ id: z.string() })
const output = z.object({ done: z.string(), amount: z.number() })
const plainly = { description: '', input, output, timeout: '10s' } as const
const real = { execute: async ({ id }: { id: string }) => ({ done: id, amount: 1 }) }
const find = tool({ ...plainly, name: 'find', effect: 'read', execute: real.execute }).spec
const mail = tool({ ...plainly, name: 'mail', effect: 'keyed', keyRemembered: '1h', execute: real.execute }).spec
const pay = tool({
  ...plainly,
  name: 'pay',
  effect: 'checked',
  settles: '4s',
  check: async () => ({ did: 'unknown' }),
  execute: real.execute,
}).spec
const gift = tool({ ...plainly, name: 'gift', effect: 'once', isolate: 'none', execute: real.execute }).spec

interface Scene {
  readonly s: HandMade
  readonly tools: HostileTools
  readonly strike: Strike
}

function scene(fault: FaultName | null, spec: ToolSpec, given?: StandIn | 'generated', site = 'tool'): Scene {
  const strike = { fault: fault ?? 'tool_error', place: `${site}:${spec.name}#1` } as Strike
  const s = handMade(given === undefined ? {} : { tools: () => ({ [spec.name]: given }) }, fault ? [strike] : [])
  return { s, tools: new HostileTools(s), strike }
}

/** One attempt by the orchestrator's rules: given up at its timeout. */
async function attempt({ s, tools }: Scene, spec: ToolSpec, more: Parameters<typeof callFor>[2] = {}) {
  const from = s.clock.now()
  const { stop, ...call } = callFor(spec, s, more)
  const timer = s.clock.timer(spec.timeoutMs, () => stop.abort(new DOMException('late', 'TimeoutError')))
  const heard = tools.execute(spec, { id: 'W1' }, call).then(
    (result) => ({ result, ms: s.clock.now() - from }),
    (error: Error) => ({ error, ms: s.clock.now() - from }),
  )
  await s.clock.advance(spec.timeoutMs + spec.settlesMs + 1)
  timer()
  return heard as Promise<{ readonly result?: unknown; readonly error?: Error; readonly ms: number }>
}

const bitten = ({ s, strike }: Scene) => s.fates.bitten.has(strike)

test('a tool of an MCP server is played from its schemas, and no server is called', async () => {
  const never = { ...find, execute: () => Promise.reject(new Error('a server was called')), mcp: {} as never }
  const { result } = await attempt(scene(null, never), never)
  expect(result).toEqual({ done: expect.any(String), amount: expect.any(Number) })
})

describe('a stand-in of no tool', () => {
  const given = { tools: () => ({ find: 'generated', fnid: 'generated' }) as const }
  const runs = (kind: string) => [{ name: 'desk', definition: { kind, tools: new Map([['find', find]]) } }] as never

  test('is refused, with the tools that there are', () => {
    const s = handMade({ ...given, run: runs('agent') })
    const message = expect.stringContaining("tools: no agent has a tool 'fnid'; there are find.")
    expect(() => new HostileTools(s)).toThrow(expect.objectContaining({ code: 'invalid_definition', message }))
  })

  test('may be for a tool that only a flow knows', () => {
    const s = handMade({ ...given, run: runs('flow') })
    expect(() => new HostileTools(s)).not.toThrow()
  })
})

describe('without a fault', () => {
  test.each([find, mail, pay, gift])('$name runs its own code, and a write is witnessed', async (spec) => {
    const here = scene(null, spec)
    const heard = await attempt(here, spec)
    expect(heard.result).toMatchObject({ done: 'W1' })
    expect(heard.ms).toBeGreaterThan(0)
    expect(heard.ms).toBeLessThan(500)
    const called = { runId: 'run-1', tenant: 'default', input: { id: 'W1' } }
    const act = { tool: spec.name, key: 'k1', ...called, result: heard.result }
    expect(here.s.witness.acts).toEqual(spec === find ? [] : [act])
    expect(here.s.fates.struck).toEqual([])
  })

  test('the same call takes the same time, another one another', async () => {
    const here = scene(null, mail)
    const first = await attempt(here, mail)
    expect((await attempt(scene(null, mail), mail)).ms).toBe(first.ms)
    expect((await attempt(here, mail, { key: 'k2' })).ms).not.toBe(first.ms)
  })

  test('a world with a journal of its own is not witnessed twice, but for what is generated', async () => {
    const acts = () => []
    for (const [given, count] of [
      ['generated', 1],
      [undefined, 0],
    ] as const) {
      const s = handMade({ acts, ...(given && { tools: () => ({ mail: given }) }) })
      const here = { s, tools: new HostileTools(s), strike: scene(null, mail).strike }
      await attempt(here, mail)
      expect(s.witness.acts).toHaveLength(count)
    }
  })
})

describe('under one key', () => {
  test.each<[string, StandIn | undefined, number]>([
    ['a stand-in acts at each call, whatever its tool says of keys', answers({ done: 'W1' }), 2],
    ['one that remembers acts once', remembers(() => ({ done: 'W1' })), 1],
    ['one that gives what was recorded acted once', recorded([{ input: { id: 'W1' }, result: { done: 'W1' } }]), 1],
    ["of a tool's own code the first counts", undefined, 1],
  ])('%s', async (_, given, count) => {
    const s = handMade(given ? { tools: () => ({ mail: given }) } : {})
    const here = { s, tools: new HostileTools(s), strike: scene(null, mail).strike }
    await attempt(here, mail)
    await attempt(here, mail)
    expect(s.witness.acts).toHaveLength(count)
  })
})

describe('a fault does what it says', () => {
  test.each<[FaultName, RegExp | 'timeout', boolean]>([
    ['tool_error', /ECONNREFUSED/, false],
    ['tool_busy', /busy/, false],
    ['tool_permanent', /refused_by_provider/, false],
    ['tool_timeout_before', 'timeout', false],
    ['tool_timeout_after', 'timeout', true],
    ['tool_late_act', 'timeout', true],
    ['tool_cut', /ECONNRESET/, true],
  ])('%s', async (fault, words, acted) => {
    for (const spec of [mail, pay, gift]) {
      const here = scene(fault, spec)
      const { error, ms } = await attempt(here, spec)
      if (words === 'timeout') {
        expect(error?.name).toBe('TimeoutError')
        expect(ms).toBeGreaterThanOrEqual(spec.timeoutMs)
      } else expect(error?.message).toMatch(words)
      expect(here.s.witness.acts).toHaveLength(acted ? 1 : 0)
      expect(bitten(here)).toBe(true)
    }
  })

  test('busy says when to come again, and permanent that it is no use', async () => {
    const busy = (await attempt(scene('tool_busy', pay), pay)).error
    expect(busy).toMatchObject({ kind: 'not_performed', retryAfterMs: expect.any(Number) })
    expect((await attempt(scene('tool_permanent', pay), pay)).error).toMatchObject({ kind: 'permanent' })
    expect(busy).toBeInstanceOf(ToolFault)
  })

  test('a late act comes after the timeout where the tool says that it may, else in the last moment', async () => {
    for (const [spec, least, most] of [
      [pay, 10_000, 14_000],
      [gift, 9_000, 10_000],
    ] as const) {
      const { s, tools } = scene('tool_late_act', spec)
      const from = s.clock.now()
      const { stop, ...call } = callFor(spec, s)
      s.clock.timer(spec.timeoutMs, () => stop.abort(new Error('late')))
      tools.execute(spec, { id: 'W1' }, call).catch(() => undefined)
      while (s.witness.acts.length === 0 && s.clock.now() < from + 60_000) await s.clock.advance(10)
      expect(s.clock.now() - from).toBeGreaterThanOrEqual(least)
      expect(s.clock.now() - from).toBeLessThanOrEqual(most)
    }
  })

  test('a late act is done when the tool promises it, however slow its own code is', async () => {
    const slow: StandIn = {
      execute: async () => {
        await here.s.stage.sleep(5_000)
        return { done: 'W1' }
      },
    }
    const here = scene('tool_late_act', pay, slow)
    const { s, tools } = here
    const from = s.clock.now()
    const { stop, ...call } = callFor(pay, s)
    s.clock.timer(pay.timeoutMs, () => stop.abort(new Error('late')))
    tools.execute(pay, { id: 'W1' }, call).catch(() => undefined)
    while (s.witness.acts.length === 0 && s.clock.now() < from + 60_000) await s.clock.advance(10)
    expect(s.clock.now() - from).toBeLessThanOrEqual(pay.timeoutMs + 4_000)
  })

  test('a slow tool takes most of its time and answers', async () => {
    const here = scene('tool_slow', find)
    const { result, ms } = await attempt(here, find)
    expect(result).toMatchObject({ done: 'W1' })
    expect(ms).toBeGreaterThan(8_000)
    expect(ms).toBeLessThan(find.timeoutMs)
  })

  test('results of a wrong shape or size come from calls that acted', async () => {
    const wrong = scene('tool_wrong_shape', pay)
    const heard = await attempt(wrong, pay)
    expect(await output['~standard'].validate(heard.result)).toHaveProperty('issues')
    const huge = scene('tool_huge', pay)
    const { result } = await attempt(huge, pay)
    expect(JSON.stringify(result).length).toBeGreaterThan(LIMITS.body_bytes / 2)
    expect([wrong, huge].map(({ s }) => s.witness.acts.length)).toEqual([1, 1])
    expect([wrong, huge].every(bitten)).toBe(true)
  })

  test('a pretence says what a success says; code of its own cannot be made to, nor can a read', async () => {
    for (const given of ['generated', answers({ done: 'x', amount: 1 })] as const) {
      const here = scene('tool_noop', pay, given)
      const { result } = await attempt(here, pay)
      expect(await output['~standard'].validate(result)).not.toHaveProperty('issues')
      expect(here.s.witness.acts).toEqual([])
      expect(bitten(here)).toBe(true)
    }
    for (const [spec, given] of [
      [pay, undefined],
      [find, 'generated'],
    ] as const) {
      const here = scene('tool_noop', spec, given)
      await attempt(here, spec)
      expect(here.s.fates.struck).toEqual([])
    }
  })

  test('a read knows no fault that acts unseen', async () => {
    for (const fault of ['tool_timeout_after', 'tool_late_act'] as const) {
      const here = scene(fault, find)
      expect((await attempt(here, find)).result).toMatchObject({ done: 'W1' })
      expect(here.s.fates.struck).toEqual([])
    }
  })

  test('a connection that nobody closes is closed in the end', async () => {
    const { s, tools } = scene('tool_timeout_before', pay)
    const heard = tools.execute(pay, { id: 'W1' }, callFor(pay, s)).catch((error: Error) => error.message)
    await s.clock.advance(pay.timeoutMs + 1_000)
    expect(await heard).toMatch(/closed/)
  })

  test('a fault that meets a refusal changes nothing and does not bite', async () => {
    const declined: StandIn = {
      execute: async () => {
        throw new ToolFault('permanent', 'declined', null)
      },
    }
    const here = scene('tool_timeout_after', pay, declined)
    expect((await attempt(here, pay)).error?.message).toBe('declined')
    expect(bitten(here)).toBe(false)
  })

  test('a call that is cut on its way has arrived, or it has not', async () => {
    const arrived: number[] = []
    for (let n = 0; n < 12; n += 1) {
      const here = scene(null, pay)
      const { stop, ...call } = callFor(pay, here.s, { key: `k${n}` })
      const heard = here.tools.execute(pay, { id: 'W1' }, call).catch((error: Error) => error.message)
      stop.abort(new Error('killed'))
      await here.s.clock.advance(1)
      expect(await heard).toBe('killed')
      arrived.push(here.s.witness.acts.length)
    }
    expect(new Set(arrived)).toEqual(new Set([0, 1]))
  })

  test('a worker whose clock is wrong acts at once rather than too late', async () => {
    const here = scene(null, pay)
    const heard = await attempt(here, pay, { deadline: new Date(here.s.clock.now() + 3_600_000) })
    expect(heard.ms).toBe(0)
    expect(here.s.witness.acts).toHaveLength(1)
  })
})

describe('generated tools keep to their class', () => {
  test('a read answers the same for the same, in the shape of its schema', async () => {
    const here = scene(null, find, 'generated')
    const first = await attempt(here, find)
    expect(await output['~standard'].validate(first.result)).not.toHaveProperty('issues')
    expect((await attempt(here, find)).result).toEqual(first.result)
    expect(here.s.witness.acts).toEqual([])
  })

  test('a keyed one acts once under a key, until it has forgotten it', async () => {
    const here = scene(null, mail, 'generated')
    await attempt(here, mail)
    await attempt(here, mail)
    await attempt(here, mail, { key: 'k2' })
    await attempt(here, mail, { tenant: 'other' })
    expect(here.s.witness.acts).toHaveLength(3)
    await here.s.clock.advance(mail.keyRememberedMs)
    await attempt(here, mail)
    expect(here.s.witness.acts).toHaveLength(4)
  })

  test('a checked one acts at each call, and tells the truth', async () => {
    const { s, tools } = scene(null, pay, 'generated')
    const here = { s, tools, strike: scene(null, pay).strike }
    const ask = async () => {
      const asked = tools.check(pay, { id: 'W1' }, callFor(pay, s))
      await s.clock.advance(500)
      return asked
    }
    expect(await ask()).toEqual({ did: 'not_happen' })
    const { result } = await attempt(here, pay)
    expect(await ask()).toEqual({ did: 'happen', result })
    await attempt(here, pay)
    expect(s.witness.acts).toHaveLength(2)
  })

  test('two agents with a tool of one name have one provider', async () => {
    const { s, tools, strike } = scene(null, mail, 'generated')
    await attempt({ s, tools, strike }, mail)
    await attempt({ s, tools, strike }, { ...mail })
    expect(s.witness.acts).toHaveLength(1)
  })
})

describe('a check', () => {
  test.each(['check_unknown', 'check_error', null] as const)('with %s', async (fault) => {
    const { s, tools, strike } = scene(
      fault,
      pay,
      remembers(() => 'paid'),
      'check',
    )
    const asked = tools.check(pay, { id: 'W1' }, callFor(pay, s)).catch((error: Error) => error.message)
    await s.clock.advance(500)
    const says = { check_unknown: { did: 'unknown' }, check_error: 'socket hang up' }
    expect(await asked).toEqual(fault ? says[fault] : { did: 'not_happen' })
    expect(s.fates.bitten.has(strike)).toBe(fault !== null)
  })
})
