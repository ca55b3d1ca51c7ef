import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { whyText } from '../src/cli/why-text.js'
import type { Outcome } from '../src/core/states.js'
import { refuse } from '../src/govern/verdict.js'
import type { WindDown, WindDownByEnd } from '../src/govern/wind-down.js'
import { agent } from '../src/orchestrator/agent.js'
import { flow } from '../src/orchestrator/flow.js'
import { doneSince } from '../src/runtime/since.js'
import { storyOf } from '../src/runtime/story.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, message, model, says } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'
import { closed, no, trip } from './wind-down/trip.js'

/** What of an outcome is told about its effects: step and why, as text. */
function told(outcome: Outcome<unknown>) {
  if (outcome.status === 'completed' || !outcome.windDown) return { status: outcome.status }
  const { undone, remains, by } = outcome.windDown
  return {
    status: outcome.status,
    undone: undone.map(({ step }) => step),
    remains: remains.map(({ step, why, code }) => [step, why, code].filter(Boolean).join(' ')),
    ...(by === undefined ? {} : { by }),
  }
}

describe.each(LEDGERS)('a run that does not complete, on the %s ledger', (kind) => {
  const on = stage(kind)

  /** An agent of a travel desk that is refused after what it was told to do. */
  const refusedAfter = async (
    windDown: WindDown | WindDownByEnd,
    does: (t: ReturnType<typeof trip>) => readonly string[],
  ) => {
    const t = trip((of) => on.name(of))
    const calls = does(t).map((name) => says(name, { id: 'A' }))
    const a = agent({
      ...desk(on.name('desk'), model([...calls, no])),
      tools: [t.hotel, t.flight, t.letter, t.log],
      windDown,
    })
    const mw = await on.runtime({ run: [a] })
    return { ...t, mw, run: await mw.start(a, { input: message }) }
  }

  it('has what it did taken back, the newest first, and its keys are free again', async () => {
    const { acts, run, hotel, flight } = await refusedAfter('undo', (t) => [t.hotel.name, t.log.name, t.flight.name])
    expect(told(await run.outcome())).toEqual({
      status: 'refused',
      undone: [`${flight.name}#1`, `${hotel.name}#1`],
      remains: [],
    })
    expect(acts).toEqual(['+hotel A', '+log A', '+flight A', '-flight A', '-hotel A'])
    const rows = await on.ledger.effects({ runId: run.id })
    const of = (tool: string) => rows.find((row) => row.tool === tool)
    expect([of(hotel.name), of(flight.name)]).toEqual([
      expect.objectContaining({ state: 'free', undone: 1 }),
      expect.objectContaining({ state: 'free', undone: 1 }),
    ])
    expect(of(`${hotel.name}.undo`)).toMatchObject({ state: 'performed' })
  })

  it('leaves it as it stands where nothing else was said', async () => {
    const { acts, run } = await refusedAfter({ failed: 'undo' }, (t) => [t.hotel.name])
    expect(told(await run.outcome())).toEqual({ status: 'refused' })
    expect(acts).toEqual(['+hotel A'])
  })

  it('stops where something cannot be taken back, and a person is told what remains', async () => {
    const { acts, run, mw, world, hotel, flight, letter } = await refusedAfter('undo', (t) => [
      t.hotel.name,
      t.flight.name,
      t.letter.name,
    ])
    world.cancels = (what) => (what.startsWith('flight') ? closed() : Promise.resolve())
    const id = await escalated(mw, run.id)
    const [asked] = await on.ledger.escalations({ id })
    expect(asked).toMatchObject({ kind: 'question', chain: [expect.objectContaining({ to: 'operator' })] })
    expect(JSON.parse(asked?.show ?? '{}')).toMatchObject({
      undone: [],
      remains: [
        { tool: letter.name, why: 'no_undo' },
        { tool: flight.name, why: 'failed', code: 'closed' },
        { tool: hotel.name, why: 'not_reached' },
      ],
    })
    await on.ledger.answer({ id, decision: 'answer', by: 'fay', result: '"go_on"' })
    const next = await escalated(mw, run.id)
    expect(acts).toEqual(['+hotel A', '+flight A', '+letter A', '-hotel A'])
    await on.ledger.answer({ id: next, decision: 'answer', by: 'fay', result: '"leave"' })
    expect(told(await run.outcome())).toEqual({
      status: 'refused',
      undone: [`${hotel.name}#1`],
      remains: [`${letter.name}#1 no_undo`, `${flight.name}#1 left`],
      by: 'fay',
    })
    const row = await on.ledger.run({ runId: run.id })
    const journal = await on.ledger.journal({ runId: run.id })
    const why = row ? whyText(storyOf(row, journal), [], row.endedAt ?? 0).replace(/\s+/g, ' ') : ''
    expect(why).toContain(`To be taken back, the newest first: ${letter.name}#1, ${flight.name}#1, ${hotel.name}#1.`)
    expect(why).toContain(
      `Taken back: ${hotel.name}#1. What stands, as fay would have it: ${letter.name}#1 (no undo), ${flight.name}#1 (left).`,
    )
    const { acts: since } = await doneSince(on.ledger, row?.createdAt ?? 0, `run:${run.id}`)
    expect(since.filter(({ undone }) => undone).map(({ step }) => step)).toEqual([`${hotel.name}#1`])
  })

  it('is tried again when a person says so', async () => {
    const { acts, run, mw, world, hotel } = await refusedAfter('undo', (t) => [t.hotel.name])
    world.cancels = closed
    const id = await escalated(mw, run.id)
    world.cancels = async () => undefined
    await on.ledger.answer({ id, decision: 'answer', by: 'fay', result: '"undo"' })
    expect(told(await run.outcome())).toEqual({
      status: 'refused',
      undone: [`${hotel.name}#1`],
      remains: [],
      by: 'fay',
    })
    expect(acts).toEqual(['+hotel A', '-hotel A'])
  })

  it('has people asked first where its policy says so; nobody’s answer means that it stands', async () => {
    const { acts, run, mw, flight } = await refusedAfter({ refused: 'escalate', to: 'ops' }, (t) => [t.flight.name])
    const id = await escalated(mw, run.id)
    expect(await on.ledger.escalations({ id })).toMatchObject([{ chain: [{ to: 'ops' }] }])
    await on.jump(14_400_000)
    await on.ledger.wake({ runId: run.id })
    expect(told(await run.outcome())).toEqual({
      status: 'refused',
      undone: [],
      remains: [`${flight.name}#1 not_reached`],
      by: '',
    })
    expect(acts).toEqual(['+flight A'])
  })

  it('has room of its own for that when it has used up its ceilings', async () => {
    const t = trip((of) => on.name(of))
    const calls = [t.hotel.name, t.flight.name, t.hotel.name].map((name) => says(name, { id: 'A' }))
    const a = agent({
      ...desk(on.name('desk'), model(calls)),
      tools: [t.hotel, t.flight],
      ceilings: { run: { steps: 4, attempts: 4, deadline: '10m' } },
      windDown: 'undo',
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(told(await run.outcome())).toEqual({
      status: 'exhausted',
      undone: [`${t.flight.name}#1`, `${t.hotel.name}#1`],
      remains: [],
    })
    const row = await on.ledger.run({ runId: run.id })
    expect(row?.meters.steps).toEqual({ used: 6, reserved: 0 })
  })

  it('winds down in time of its own when its own is over', async () => {
    const t = trip((of) => on.name(of))
    const f = flow({
      name: on.name('late'),
      version: 1,
      input: z.object({}),
      tools: [t.hotel],
      ceilings: { run: { deadline: '10m' } },
      windDown: { exhausted: 'undo', within: '1h' },
      run: async (ctx) => {
        await ctx.tool(t.hotel, { id: 'A' })
        await ctx.sleep('5h')
        return null
      },
    })
    const mw = await on.runtime({ run: [f] })
    const run = await mw.start(f, { input: {} })
    const parked = await on.until(run.id, (row) => row.state === 'waiting')
    expect(parked.dueAt).toBe(parked.createdAt + 600_000)
    await on.jump(600_001)
    expect(await run.outcome()).toMatchObject({
      status: 'exhausted',
      meter: 'deadline',
      limit: 600_000,
      windDown: { undone: [{ tool: t.hotel.name }], remains: [] },
    })
    expect(t.acts).toEqual(['+hotel A', '-hotel A'])
  })

  it('takes back what was in doubt once its check has found it', async () => {
    const t = trip((of) => on.name(of))
    t.world.books = () => Promise.reject(new Error('connection reset'))
    const a = agent({
      ...desk(on.name('desk'), model([says(t.cruise.name, { id: 'A' })])),
      tools: [t.cruise],
      ceilings: { run: { deadline: '1s' } },
      windDown: 'undo',
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    await on.until(run.id, (row) => row.waits?.startsWith('doubt:') ?? false)
    await on.jump(20_000)
    await on.ledger.wake({ runId: run.id })
    expect(told(await run.outcome())).toEqual({ status: 'exhausted', undone: [`${t.cruise.name}#1`], remains: [] })
    expect(t.acts).toEqual(['+cruise A', '-cruise A'])
  })

  it('is stopped by a kill: nothing more is taken back, and what remains is told', async () => {
    const { acts, run, world, hotel, flight } = await refusedAfter('undo', (t) => [t.hotel.name, t.flight.name])
    let begun: () => void = () => undefined
    const isUnderWay = new Promise<void>((go) => {
      begun = go
    })
    world.cancels = () => {
      begun()
      return new Promise(() => undefined)
    }
    await isUnderWay
    await on.ledger.engage({ scope: `run:${run.id}`, mode: 'end', by: 'fay' })
    expect(told(await run.outcome())).toEqual({
      status: 'refused',
      undone: [],
      remains: [`${flight.name}#1 in_doubt`, `${hotel.name}#1 not_reached`],
    })
    expect(acts).toEqual(['+hotel A', '+flight A'])
  })

  it('is held by a switch, and goes on when that is released', async () => {
    const t = trip((of) => on.name(of))
    const scope = `tool:${t.hotel.name}.undo`
    await on.ledger.engage({ scope, mode: 'hold', by: 'fay' })
    const a = agent({
      ...desk(on.name('desk'), model([says(t.hotel.name, { id: 'A' }), no])),
      tools: [t.hotel],
      windDown: 'undo',
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    await on.until(run.id, (row) => row.waits === `switch:${scope}`)
    expect(t.acts).toEqual(['+hotel A'])
    await on.ledger.release({ scope, by: 'fay', jitterMs: 0 })
    expect(told(await run.outcome())).toMatchObject({ status: 'refused', undone: [`${t.hotel.name}#1`], remains: [] })
    expect(t.acts).toEqual(['+hotel A', '-hotel A'])
  })

  it('asks of a run that was killed what is to become of its effects, where its policy says so', async () => {
    const t = trip((of) => on.name(of))
    const f = flow({
      name: on.name('killed'),
      version: 1,
      input: z.object({}),
      tools: [t.hotel],
      windDown: { killed: 'escalate' },
      run: async (ctx) => {
        await ctx.tool(t.hotel, { id: 'A' })
        await ctx.sleep('5h')
        return null
      },
    })
    const mw = await on.runtime({ run: [f] })
    const run = await mw.start(f, { input: {} })
    await on.until(run.id, (row) => row.state === 'waiting')
    await on.ledger.engage({ scope: `run:${run.id}`, mode: 'end', by: 'fay' })
    await on.ledger.wake({ runId: run.id })
    const id = await escalated(mw, run.id)
    await on.ledger.release({ scope: `run:${run.id}`, by: 'fay', jitterMs: 0 })
    await on.ledger.answer({ id, decision: 'answer', by: 'fay', result: '"undo"' })
    expect(told(await run.outcome())).toEqual({
      status: 'killed',
      undone: [`${t.hotel.name}#1`],
      remains: [],
      by: 'fay',
    })
  })

  it('takes nothing back that a rule refuses, and says which', async () => {
    const t = trip((of) => on.name(of))
    const rules = { [`${t.hotel.name}.undo`]: () => refuse('policy', 'Not after check-in.') }
    const a = agent({
      ...desk(on.name('desk'), model([says(t.hotel.name, { id: 'A' }), no])),
      tools: [t.hotel],
      rules,
      windDown: { refused: 'undo' },
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    await on.ledger.answer({ id, decision: 'answer', by: 'fay', result: '"perhaps"' })
    const again = await escalated(mw, run.id)
    expect(again).not.toBe(id)
    await on.ledger.answer({ id: again, decision: 'answer', by: 'fay', result: '"leave"' })
    expect(told(await run.outcome())).toMatchObject({
      remains: [`${t.hotel.name}#1 refused rules.${t.hotel.name}.undo`],
      by: 'fay',
    })
    expect(t.acts).toEqual(['+hotel A'])
  })

  it('has no room of its own under a ceiling of its tenant', async () => {
    const t = trip((of) => on.name(of))
    const a = agent({
      ...desk(on.name('desk'), model([says(t.ferry.name, { id: 'A' }), no])),
      tools: [t.ferry],
      ceilings: { tenant: { fees: { per: 'day', max: 3 } } },
      windDown: 'undo',
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message, tenant: on.name('t') })
    const id = await escalated(mw, run.id)
    await on.ledger.answer({ id, decision: 'answer', by: 'fay', result: '"leave"' })
    expect(told(await run.outcome())).toMatchObject({ undone: [], remains: [`${t.ferry.name}#1 no_room fees`] })
    expect(t.acts).toEqual(['+ferry A'])
  })

  it('hands a result whole to its undo that rests apart from the journal', async () => {
    const t = trip((of) => on.name(of))
    const a = agent({
      ...desk(on.name('desk'), model([says(t.tour.name, { id: 'A' }), no])),
      tools: [t.tour],
      windDown: 'undo',
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(told(await run.outcome())).toMatchObject({ undone: [`${t.tour.name}#1`], remains: [] })
    expect(t.acts).toEqual(['+tour A', '-tour of 20000'])
  })

  it('has nothing to take back where a tool of its own did that', async () => {
    const t = trip((of) => on.name(of))
    const a = agent({
      ...desk(on.name('desk'), model([says(t.hotel.name, { id: 'A' }), says(t.other.name, { id: 'A' }), no])),
      tools: [t.hotel, t.other],
      windDown: 'undo',
    })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    expect(told(await run.outcome())).toEqual({ status: 'refused' })
    expect(t.acts).toEqual(['+hotel A', '-hotel A by other'])
  })
})

describe.each(LEDGERS)('a flow on the %s ledger', (kind) => {
  const on = stage(kind)

  it('takes back what it did so far, and goes on', async () => {
    const t = trip((of) => on.name(of))
    const f = flow({
      name: on.name('saga'),
      version: 1,
      input: z.object({}),
      run: async (ctx) => {
        await ctx.tool(t.hotel, { id: 'A' })
        await ctx.tool(t.flight, { id: 'A' })
        const first = await ctx.undo()
        await ctx.tool(t.hotel, { id: 'A' })
        const second = await ctx.undo()
        return [first, second, await ctx.undo()].map(({ undone, remains }) => [undone.length, remains.length])
      },
    })
    const mw = await on.runtime({ run: [f] })
    const run = await mw.start(f, { input: {} })
    expect(await run.outcome()).toEqual({
      status: 'completed',
      output: [
        [2, 0],
        [1, 0],
        [0, 0],
      ],
    })
    expect(t.acts).toEqual(['+hotel A', '+flight A', '-flight A', '-hotel A', '+hotel A', '-hotel A'])
  })

  it('is told what stands, and why', async () => {
    const t = trip((of) => on.name(of))
    t.world.cancels = closed
    const f = flow({
      name: on.name('saga'),
      version: 1,
      input: z.object({}),
      run: async (ctx) => {
        await ctx.tool(t.hotel, { id: 'A' })
        await ctx.tool(t.flight, { id: 'A' })
        await ctx.tool(t.letter, { id: 'A' })
        const { remains } = await ctx.undo()
        return remains.map(({ why }) => why)
      },
    })
    const mw = await on.runtime({ run: [f] })
    const run = await mw.start(f, { input: {} })
    expect(await run.outcome()).toEqual({ status: 'completed', output: ['no_undo', 'failed', 'not_reached'] })
  })

  it('does not take back once more what another run took back', async () => {
    const t = trip((of) => on.name(of))
    const f = flow({
      name: on.name('saga'),
      version: 1,
      input: z.object({}),
      run: async (ctx) => {
        await ctx.tool(t.hotel, { id: 'A' })
        await ctx.sleep('1h')
        return ctx.undo()
      },
    })
    const other = flow({
      name: on.name('other'),
      version: 1,
      input: z.object({}),
      run: (ctx) => ctx.tool(t.other, { id: 'A' }),
    })
    const mw = await on.runtime({ run: [f, other] })
    const run = await mw.start(f, { input: {} })
    await on.until(run.id, (row) => row.state === 'waiting')
    await (await mw.start(other, { input: {} })).outcome()
    await on.jump(3_600_000)
    await on.ledger.wake({ runId: run.id })
    const undone = [{ tool: t.hotel.name, step: `${t.hotel.name}#1`, seq: 3 }]
    expect(await run.outcome()).toEqual({ status: 'completed', output: { undone, remains: [] } })
    expect(t.acts).toEqual(['+hotel A', '-hotel A by other'])
  })
})
