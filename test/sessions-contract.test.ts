import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { LEDGERS } from './runtime-on.js'
import { desk, done, find, model, says, spender, told } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const counted = z.object({ count: z.number(), last: z.string() })
const COUNTED = { state: counted, version: 1, initial: { count: 0, last: '' } } as const
const key = (k: string) => ({ key: k })

describe.each(LEDGERS)('the contract of sessions on the %s ledger', (kind) => {
  const on = stage(kind)
  const stateOf = async (session: string) => {
    const row = await on.ledger.session({ tenant: 'default', session })
    return row?.state && { version: row.state.version, value: JSON.parse(row.state.text) }
  }

  it('an agent goes on from the state that the run before it left, and is shown it', async () => {
    const asked = model(() => done)
    const a = agent({
      ...desk(on.name('a'), asked),
      tools: [],
      instructions: ({ message }, { state }) => `${message}: ${state.count}, after '${state.last}'.`,
      session: {
        ...COUNTED,
        evolve: ({ count }, { input, outcome }) => ({ count: count + 1, last: `${input.message} ${outcome.status}` }),
      },
    })
    const mw = await on.runtime({ run: [a] })
    const session = on.name('s')
    for (const message of ['one', 'two', 'three'])
      await (await mw.send(a, session, { message }, key(message))).outcome()
    const systems = asked.requests.map(({ messages }) => String(messages[0]?.role === 'system' && messages[0].text))
    expect(systems.map((text) => text.split('.')[0])).toEqual([
      "one: 0, after ''",
      "two: 1, after 'one completed'",
      "three: 2, after 'two completed'",
    ])
    expect(await stateOf(session)).toEqual({ version: 1, value: { count: 3, last: 'three completed' } })
    const read = await mw.session(session).read()
    expect(read).toMatchObject({ state: { version: 1, value: { count: 3 } }, opened: 1, active: null })
  })

  it('a flow writes it while it goes on; a replay finds it again', async () => {
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({ add: z.number() }),
      session: COUNTED,
      run: async (ctx, { add }) => {
        const before = ctx.state.count
        await ctx.setState({ count: before + add, last: 'first' })
        await ctx.sleep('20ms')
        await ctx.setState({ ...ctx.state, last: 'second' })
        return [before, ctx.state.count]
      },
    })
    const session = on.name('s')
    const mw = await on.runtime({ run: [f] })
    expect(await (await mw.send(f, session, { add: 2 }, key('k1'))).outcome()).toMatchObject({ output: [0, 2] })
    expect(await (await mw.send(f, session, { add: 3 }, key('k2'))).outcome()).toMatchObject({ output: [2, 5] })
    expect(await stateOf(session)).toEqual({ version: 1, value: { count: 5, last: 'second' } })
  })

  it('a state that does not fit is not written: the flow ends with a fault', async () => {
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({}),
      session: COUNTED,
      run: async (ctx) => ctx.setState({ count: Number.NaN, last: '' }),
    })
    const mw = await on.runtime({ run: [f] })
    const session = on.name('s')
    const ended = await (await mw.send(f, session, {}, key('k'))).outcome()
    expect(ended).toMatchObject({ status: 'failed', code: 'invalid_input' })
    expect(await stateOf(session)).toBeNull()
  })

  it('without a session there is no state to write', async () => {
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({}),
      session: COUNTED,
      run: async (ctx) => ctx.setState({ count: 1, last: '' }),
    })
    const mw = await on.runtime({ run: [f] })
    expect(await (await mw.start(f, { input: {} })).outcome()).toMatchObject({
      status: 'failed',
      code: 'invalid_definition',
    })
  })

  describe('a state of another version', () => {
    const versionOf = (name: string, version: number, more: object = {}) =>
      flow({
        name,
        version,
        input: z.object({}),
        session: {
          state: z.object({ [`v${version}`]: z.number() }),
          version,
          initial: { [`v${version}`]: 1 },
          ...more,
        },
        run: async (ctx) => {
          await ctx.setState({ [`v${version}`]: Number(Object.values(ctx.state as object)[0]) + 1 })
          return ctx.state
        },
      })

    it('is migrated where the code can', async () => {
      const [name, session] = [on.name('f'), on.name('s')]
      const migrate = (old: unknown, from: number) => ({ v2: 10 * Number((old as { v1: number }).v1) + from })
      const [one, two] = [versionOf(name, 1), versionOf(name, 2, { migrate })]
      const mw = await on.runtime({ run: [one, two] })
      await (await mw.send(one, session, {}, key('k1'))).outcome()
      expect(await (await mw.send(two, session, {}, key('k2'))).outcome()).toEqual({
        status: 'completed',
        output: { v2: 22 },
      })
    })

    it.each([
      ['nothing migrates it', 2, {}, 'nothing migrates it'],
      [
        'migrating throws',
        2,
        {
          migrate: () => {
            throw new Error('lost')
          },
        },
        'could not be migrated: lost',
      ],
      ['what it becomes does not fit', 2, { migrate: () => ({ other: 1 }) }, 'does not fit'],
      ['it is newer than the code', 1, {}, 'knows 1 at most'],
    ] as const)('is handed over, never guessed: %s', async (_, version, more, says) => {
      const [name, session] = [on.name('f'), on.name('s')]
      const [before, after] = [versionOf(name, 3 - version), versionOf(name, version, more)]
      const mw = await on.runtime({ run: [before, after] })
      await (await mw.send(before, session, {}, key('k1'))).outcome()
      const written = await stateOf(session)
      const ended = await (await mw.send(after, session, {}, key('k2'))).outcome()
      expect(ended).toMatchObject({ status: 'handed_over', to: 'operator', note: expect.stringContaining(says) })
      expect(await stateOf(session)).toEqual(written)
    })
  })

  it('an evolve that throws hands a completed run over, and leaves the state', async () => {
    const evolve = (): never => {
      throw new Error('cannot')
    }
    const a = agent({
      ...desk(
        on.name('a'),
        model(() => done),
      ),
      tools: [],
      session: { ...COUNTED, evolve },
    })
    const mw = await on.runtime({ run: [a] })
    const session = on.name('s')
    const ended = await (await mw.send(a, session, { message: 'm' }, key('k'))).outcome()
    expect(ended).toMatchObject({ status: 'handed_over', note: expect.stringContaining('cannot') })
    expect(await stateOf(session)).toBeNull()
  })

  it('an idle session expires: its next message finds neither state nor what was said', async () => {
    const asked = model(() => done)
    const evolve = (state: { count: number; last: string }) => ({ ...state, count: state.count + 1 })
    const a = agent({ ...desk(on.name('a'), asked), tools: [], session: { ...COUNTED, idle: '1h', evolve } })
    const mw = await on.runtime({ run: [a] })
    const session = on.name('s')
    await (await mw.send(a, session, { message: 'first' }, key('k1'))).outcome()
    await on.jump(3_700_000)
    await (await mw.send(a, session, { message: 'second' }, key('k2'))).outcome()
    expect(await stateOf(session)).toMatchObject({ value: { count: 1 } })
    expect((await mw.session(session).read())?.opened).toBe(2)
    expect(JSON.stringify(asked.requests.at(-1)?.messages)).not.toContain('first')
  })

  it('what was said before comes first, and what came of it', async () => {
    const asked = model(() => done)
    const a = agent({ ...desk(on.name('a'), asked), tools: [], session: { remember: 4 } })
    const mw = await on.runtime({ run: [a] })
    const session = on.name('s')
    for (let n = 1; n <= 8; n += 1) await (await mw.send(a, session, { message: `m${n}` }, key(`k${n}`))).outcome()
    const saidIn = asked.requests.map(({ messages }) =>
      messages.flatMap((m) => (m.role === 'user' ? [JSON.parse(m.text).message] : [])).join(' '),
    )
    // Left out two at a time: the prompts of runs that follow each other begin alike.
    expect(saidIn).toEqual([
      'm1',
      'm1 m2',
      'm1 m2 m3',
      'm1 m2 m3 m4',
      'm1 m2 m3 m4 m5',
      'm3 m4 m5 m6',
      'm3 m4 m5 m6 m7',
      'm5 m6 m7 m8',
    ])
    const second = asked.requests[1]?.messages.map((m) => (m.role === 'assistant' ? m.text : m.role))
    expect(second).toEqual(['system', 'user', '{"output":{"resolution":"done"},"status":"completed"}', 'user'])
  })

  describe('a message while a run is active', () => {
    const gated = (name: string) => {
      const gates: (() => void)[] = []
      const replies = async ({ messages }: { messages: readonly { role: string }[] }) => {
        const turns = messages.filter((m) => m.role === 'assistant').length
        await new Promise<void>((go) => gates.push(go))
        return turns === 0 ? says(find.name, { id: 'W1' }) : done
      }
      return { asked: model(replies as Parameters<typeof model>[0], name), gates }
    }
    const reached = async (gates: readonly unknown[], count: number) => {
      while (gates.length < count) await new Promise((look) => setTimeout(look, 5))
    }

    it('steer: the model sees it at its next step, and it ends with the run', async () => {
      const { asked, gates } = gated(on.name('model'))
      const a = agent({ ...desk(on.name('a'), asked), tools: [find], session: { whileBusy: 'steer' } })
      const mw = await on.runtime({ run: [a] })
      const session = on.name('s')
      const first = await mw.send(a, session, { message: 'begin' }, key('k1'))
      await reached(gates, 1)
      const more = []
      for (const message of ['stop that', 'and hurry']) more.push(await mw.send(a, session, { message }, key(message)))
      gates[0]?.()
      await reached(gates, 2)
      expect(told(asked).slice(1)).toEqual(['{"message":"stop that"}', '{"message":"and hurry"}'])
      gates[1]?.()
      const outcome = await first.outcome()
      expect(outcome).toMatchObject({ status: 'completed' })
      for (const run of more) {
        expect(await run.outcome()).toEqual(outcome)
        expect(await on.ledger.run({ runId: run.id })).toMatchObject({ workedBy: first.id, state: 'ended' })
      }
    })

    it('refuse: it is a clear error, and leaves nothing', async () => {
      const { asked, gates } = gated(on.name('model'))
      const a = agent({ ...desk(on.name('a'), asked), tools: [find], session: { whileBusy: 'refuse' } })
      const mw = await on.runtime({ run: [a] })
      const session = on.name('s')
      const first = await mw.send(a, session, { message: 'begin' }, key('k1'))
      await reached(gates, 1)
      const refused = mw.send(a, session, { message: 'no' }, key('k2'))
      await expect(refused).rejects.toMatchObject({ code: 'session_busy', message: expect.stringContaining(first.id) })
      gates[0]?.()
      await reached(gates, 2)
      gates[1]?.()
      await first.outcome()
      const again = await mw.send(a, session, { message: 'no' }, key('k2'))
      await reached(gates, 3)
      gates[2]?.()
      expect(await again.outcome()).toMatchObject({ status: 'completed' })
    })

    it('replace: the active run winds down, and what it confirmed is not done again', async () => {
      const { spend, acts } = spender(on.name('spend'))
      const gates: (() => void)[] = []
      const asked = model(async ({ messages }) => {
        const turns = messages.filter((m) => m.role === 'assistant' && (m.toolCalls ?? []).length > 0).length
        if (turns === 0) return says(spend.name, { id: 'W1', amount: 5 })
        if (JSON.stringify(messages).includes('instead')) return done
        await new Promise<void>((go) => gates.push(go))
        return done
      })
      const a = agent({ ...desk(on.name('a'), asked), tools: [spend], session: { whileBusy: 'replace' } })
      const mw = await on.runtime({ run: [a] })
      const session = on.name('s')
      const first = await mw.send(a, session, { message: 'begin' }, key('k1'))
      await reached(gates, 1)
      const second = await mw.send(a, session, { message: 'instead' }, key('k2'))
      expect(await first.outcome()).toEqual({ status: 'killed', scope: `run:${first.id}`, by: 'message:k2' })
      expect(await second.outcome()).toMatchObject({ status: 'completed' })
      expect(acts).toHaveLength(1)
    })

    it('the requester is asked: the next message is the answer, whatever the policy', async () => {
      const asked = model([says('ask_requester', { question: 'Which order?' }), done])
      const a = agent({
        ...desk(on.name('a'), asked),
        tools: [],
        askBack: { within: '1h' },
        session: { whileBusy: 'refuse' },
      })
      const mw = await on.runtime({ run: [a] })
      const session = on.name('s')
      const first = await mw.send(a, session, { message: 'refund me' }, key('k1'))
      await on.until(first.id, (r) => r.waits?.startsWith('requester') ?? false)
      const answer = await mw.send(a, session, { message: 'W7' }, key('k2'))
      expect(await first.outcome()).toMatchObject({ status: 'completed' })
      expect(await answer.outcome()).toMatchObject({ status: 'completed' })
      expect(told(asked)).toEqual(['{"answer":{"message":"W7"},"by":"message"}'])
      expect(await on.ledger.escalations({ runId: first.id, state: 'open' })).toEqual([])
    })

    it('a message that waits already answers a question', async () => {
      const { asked, gates } = gated(on.name('model'))
      const ask = says('ask_requester', { question: 'Which order?' })
      const asks = model(async (request) => {
        const said = request.messages.filter((m) => m.role === 'assistant').length
        if (said === 0) await new Promise<void>((go) => gates.push(go))
        return said === 0 ? ask : done
      })
      const a = agent({ ...desk(on.name('a'), asks), tools: [], askBack: { within: '1h' }, session: {} })
      const mw = await on.runtime({ run: [a] })
      const session = on.name('s')
      const first = await mw.send(a, session, { message: 'refund me' }, key('k1'))
      await reached(gates, 1)
      const second = await mw.send(a, session, { message: 'W7' }, key('k2'))
      gates[0]?.()
      expect(await first.outcome()).toMatchObject({ status: 'completed' })
      expect(await second.outcome()).toMatchObject({ status: 'completed' })
      expect(told(asks)).toEqual(['{"answer":{"message":"W7"},"by":"message"}'])
      expect(asked.requests).toEqual([])
    })
  })

  describe('numbered messages', () => {
    const worked: string[] = []
    const f = () =>
      flow({
        name: on.name('f'),
        version: 1,
        input: z.object({ n: z.number() }),
        session: { gapWithin: '1m' },
        run: async (ctx, { n }) => {
          await ctx.read('n', async () => worked.push(`n${n}`))
          return n
        },
      })

    it('are worked in their order, however they come', async () => {
      worked.length = 0
      const numbered = f()
      const mw = await on.runtime({ run: [numbered] })
      const session = on.name('s')
      const send = (n: number) => mw.send(numbered, session, { n }, { key: `k${n}`, sequence: n })
      const runs = [await send(3), await send(2), await send(2), await send(1)]
      for (const run of runs) await run.outcome()
      expect(worked).toEqual(['n1', 'n2', 'n3'])
      await expect(mw.send(numbered, session, { n: 9 }, { key: 'other', sequence: 2 })).rejects.toMatchObject({
        code: 'sequence_taken',
      })
      await expect(mw.send(numbered, session, { n: 9 }, { key: 'bare' })).rejects.toMatchObject({
        code: 'session_sequenced',
      })
      await expect(mw.send(numbered, session, { n: 9 }, { key: 'bad', sequence: 0 })).rejects.toMatchObject({
        code: 'invalid_input',
      })
      const bare = on.name('s')
      await (await mw.send(numbered, bare, { n: 1 }, key('b1'))).outcome()
      await expect(mw.send(numbered, bare, { n: 2 }, { key: 'b2', sequence: 2 })).rejects.toMatchObject({
        code: 'session_unsequenced',
      })
    })

    it('a gap is waited for until its time, then given up, told and written down', async () => {
      worked.length = 0
      const numbered = f()
      const mw = await on.runtime({ run: [numbered] })
      const session = on.name('s')
      const send = (n: number) => mw.send(numbered, session, { n }, { key: `k${n}`, sequence: n })
      await (await send(1)).outcome()
      const third = await send(3)
      expect(await on.ledger.run({ runId: third.id })).toMatchObject({ state: 'queued', gap: null })
      await on.jump(61_000)
      expect(await third.outcome()).toMatchObject({ status: 'completed' })
      expect(worked).toEqual(['n1', 'n3'])
      const notes = (await on.ledger.journal({ runId: third.id })).map(({ body }) => JSON.parse(body || '{}'))
      expect(notes.filter(({ about }) => about === 'gap')).toMatchObject([{ detail: { from: 2, to: 2 } }])
      const notices = await on.ledger.notices({ limit: 50, retryAfterMs: 0 })
      expect(notices.filter(({ kind: k, runId }) => k === 'gap' && runId === third.id)).toHaveLength(1)
      await expect(send(2)).rejects.toMatchObject({ code: 'sequence_passed' })
    })
  })

  it('a closed session takes nothing, and works what it had accepted', async () => {
    const f = flow({ name: on.name('f'), version: 1, input: z.object({}), run: async () => 'done' })
    const mw = await on.runtime({ run: [f] })
    const session = on.name('s')
    await expect(mw.session(session).close({ by: 'ann' })).rejects.toMatchObject({ code: 'unknown_session' })
    await (await mw.send(f, session, {}, key('k1'))).outcome()
    expect(await mw.session(session).close({ by: 'ann', reason: 'settled' })).toBe(true)
    expect(await mw.session(session).close({ by: 'ann' })).toBe(false)
    await expect(mw.send(f, session, {}, key('k2'))).rejects.toMatchObject({ code: 'session_closed' })
    // What was accepted before is answered all the same.
    expect(await (await mw.send(f, session, {}, key('k1'))).outcome()).toMatchObject({ status: 'completed' })
    expect(await mw.session(session).read()).toMatchObject({ closed: { by: 'ann', reason: 'settled' } })
    expect(await mw.session(session).reopen({ by: 'ann' })).toBe(true)
    expect(await (await mw.send(f, session, {}, key('k2'))).outcome()).toMatchObject({ status: 'completed' })
    expect((await mw.session(session).runs()).map((r) => r.key)).toEqual(['k2', 'k1'])
  })

  it('the same key with another message is a conflict', async () => {
    const f = flow({ name: on.name('f'), version: 1, input: z.object({ n: z.number() }), run: async () => 'done' })
    const mw = await on.runtime({ run: [f] })
    const session = on.name('s')
    await (await mw.send(f, session, { n: 1 }, key('k1'))).outcome()
    await expect(mw.send(f, session, { n: 2 }, key('k1'))).rejects.toMatchObject({ code: 'start_conflict' })
  })
})

describe('a contract that cannot be', () => {
  it.each([
    [{ whileBusy: 'later' }, 'whileBusy'],
    [{ remember: -1 }, 'remember'],
    [{ ...COUNTED, version: 0 }, 'version'],
    [{ ...COUNTED, initial: {} }, 'initial'],
  ])('%j is refused', (session, says) => {
    const define = () =>
      flow({ name: 'f', version: 1, input: z.object({}), session: session as never, run: async () => 1 })
    expect(define).toThrow(says)
    expect(define).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  })
})
