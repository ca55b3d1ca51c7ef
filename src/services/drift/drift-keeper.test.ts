import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../../test/by-hand.js'
import { MidwatchError } from '../../core/errors.js'
import type { Ledger } from '../../core/ledger.js'
import type { Observed } from '../../core/observed.js'
import { dayOf } from '../../govern/drift/calendar.js'
import type { Tripwire } from '../../govern/drift/tripwire.js'
import { agent } from '../../orchestrator/agent.js'
import { scriptedModel } from '../../testing/index.js'
import { tool } from '../../tools/tool.js'

let hand: ByHand
beforeEach(() => {
  hand = new ByHand()
})
afterEach(() => hand.stop())

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ of: z.string() }),
  effect: 'read',
  execute: async ({ of }) => of,
})

/** Looks once, or is refused by a rule, and completes. */
const desk = (version: number, tripwires: readonly Tripwire[] = []) =>
  agent({
    ...{ name: 'desk', version, input: z.object({ of: z.string() }), outcome: z.object({ ok: z.boolean() }) },
    instructions: ({ of }) => of,
    model: scriptedModel({
      replies: ({ messages }) => {
        const turns = messages.filter(({ role }) => role === 'assistant').length
        const of = JSON.stringify(messages).includes('bad') ? 'bad' : 'good'
        const [name, input] = turns === 0 ? ['look', { of }] : ['complete', { ok: true }]
        return { text: '', toolCalls: [{ name, input }], usage: { inputTokens: 100 + 50 * turns, outputTokens: 10 } }
      },
    }),
    tools: [look],
    rules: {
      look: ({ of }) => (of === 'bad' ? { verdict: 'refuse', reason: 'policy', say: 'No.' } : { verdict: 'allow' }),
    },
    tripwires,
  })

const pointsOf = (ledger: Ledger) => ledger.drift.points({ agent: 'desk', span: 'day', since: 0 })
const isFolded = (runs: number) => async () =>
  (await pointsOf(hand.ledger)).reduce((sum, { tally }) => sum + (tally.folded ?? 0), 0) === runs

describe('the keeper of series', () => {
  it('folds each ended run once, over two workers', async () => {
    const one = desk(1)
    const [mw] = [await hand.runtime([one]), await hand.runtime([one])]
    for (const of of ['good', 'bad', 'good']) await hand.outcome(mw, (await mw.start(one, { input: { of } })).id)
    await hand.until(isFolded(3))
    const [point, ...more] = await pointsOf(hand.ledger)
    expect(more).toEqual([])
    expect(point).toMatchObject({ agent: 'desk', version: 1, at: dayOf(hand.clock.now()) })
    expect(point?.tally).toMatchObject({ runs: 3, 'outcome:completed': 3, refusals: 1, 'tokens:n': 3 })
    // Two model calls each, 100 + 10 and 150 + 10; one tool call was refused before its begin.
    expect([point?.tally['tokens:sum'], point?.tally.steps]).toEqual([3 * 270, 3 * 2 + 2])
    await hand.until(async () => (await hand.ledger.drift.progress()).waiting === 0)
  })

  it('goes on when the ledger was away, and folds what ended meanwhile', async () => {
    let left = 3
    hand = new ByHand((ledger) => ({
      ...ledger,
      drift: {
        ...ledger.drift,
        fold: (p) => {
          left -= 1
          return left >= 0 ? Promise.reject(new MidwatchError('ledger_away', 'Away.')) : ledger.drift.fold(p)
        },
      },
    }))
    const one = desk(1)
    const mw = await hand.runtime([one])
    await hand.outcome(mw, (await mw.start(one, { input: { of: 'good' } })).id)
    await hand.until(isFolded(1))
    expect(hand.alarms.filter((what) => what.startsWith('Series wait'))).toHaveLength(3)
  })

  it('marks the first run of each version', async () => {
    const [old, fresh] = [desk(1), desk(2)]
    const mw = await hand.runtime([old, fresh])
    await hand.outcome(mw, (await mw.start(old, { input: { of: 'good' } })).id)
    const at = hand.clock.now()
    for (const of of ['good', 'good']) await hand.outcome(mw, (await mw.start(fresh, { input: { of } })).id)
    await hand.until(isFolded(3))
    const releases = await hand.ledger.drift.releases({ agent: 'desk' })
    expect(releases.map(({ version }) => version)).toEqual([1, 2])
    expect(releases[1]?.at).toBeLessThan(at + 1_000)
    expect(releases[1]?.at).toBeGreaterThan(at - 1)
  })
})

describe('a tripwire', () => {
  const wire = { name: 'refusing', on: 'rate', of: 'refusals', above: 0.5, over: 'day', runs: 3, do: 'hold' } as const
  const isHeld = async () =>
    (await hand.ledger.switches()).some(({ scope, engaged }) => engaged && scope === 'agent:desk')

  it('holds the agent once, over two workers, and lets it go when a person does', async () => {
    const one = desk(1, [wire])
    const told: Observed[] = []
    const [mw, other] = [await hand.runtime([one]), await hand.runtime([one])]
    for (const each of [mw, other]) each.observe((event) => void told.push(event))
    for (const of of ['bad', 'bad', 'good']) await hand.outcome(mw, (await mw.start(one, { input: { of } })).id)
    await hand.until(isHeld)
    const held = await mw.start(one, { input: { of: 'good' } })
    await hand.until(async () => (await hand.ledger.run({ runId: held.id }))?.waits === 'switch:agent:desk')
    expect(told.filter(({ kind }) => kind === 'tripwire.tripped')).toEqual([
      { kind: 'tripwire.tripped', agent: 'desk', wire: 'refusing', act: 'hold' },
    ])
    const [trip, ...more] = await hand.ledger.drift.trips({ standing: true })
    expect(more).toEqual([])
    expect(JSON.parse(trip?.evidence ?? '')).toMatchObject({ measure: 'refusals', runs: 3, above: 0.5 })
    await hand.ledger.release({ scope: 'agent:desk', by: 'ann', jitterMs: 0 })
    expect(await hand.outcome(mw, held.id)).toMatchObject({ status: 'completed' })
    // The window that it tripped in is over for it: what it was released for does not trip it again.
    await hand.until(isFolded(4))
    await hand.clock.advance(10_000)
    expect([await isHeld(), (await hand.ledger.drift.trips({})).length]).toEqual([false, 1])
  })

  it('that tightens sets a ceiling that the next grant meets', async () => {
    const one = desk(1, [{ ...wire, do: { tighten: { model_calls: { per: 'day', max: 0 } } } }])
    const mw = await hand.runtime([one])
    for (const of of ['bad', 'bad', 'bad']) await hand.outcome(mw, (await mw.start(one, { input: { of } })).id)
    await hand.until(async () => (await hand.ledger.ceilings()).length > 0)
    await hand.clock.advance(5_000)
    const next = await mw.start(one, { input: { of: 'good' } })
    expect(await hand.outcome(mw, next.id)).toMatchObject({ status: 'exhausted', meter: 'model_calls' })
  })
})
