import { expect, it } from 'vitest'
import { z } from 'zod'
import type { Trip } from '../core/drift.js'
import { allow, refuse } from '../govern/verdict.js'
import { agent } from '../orchestrator/agent.js'
import { scriptedModel } from '../testing/scripted-model.js'
import { tool } from '../tools/tool.js'
import { scenario } from './define.js'
import { play } from './play.js'
import type { Act } from './verdict.js'

const pay = tool({
  ...{ name: 'pay', description: 'Pays.', input: z.object({ to: z.string() }), effect: 'keyed', keyRemembered: '24h' },
  timeout: '5s',
  execute: () => Promise.reject(new Error('It has a stand-in.')),
})

/** Something turned its head: from some hour on it would pay whom it may not. A rule refuses each, and a tripwire the agent. */
const clerk = agent({
  name: 'clerk',
  version: 1,
  input: z.object({ to: z.string() }),
  outcome: z.object({ ok: z.boolean() }),
  instructions: ({ to }) => to,
  model: scriptedModel({ replies: [] }),
  tools: [pay],
  rules: { pay: ({ to }) => (to === 'mallory' ? refuse('policy', 'Not to her.') : allow()) },
  ceilings: { run: { deadline: '1h' } },
  tripwires: [{ name: 'turned', on: 'rate', of: 'refusals', above: 0.5, over: 'day', runs: 3, do: 'hold' }],
})

interface Office {
  readonly acts: Act[]
}
const TURNED = ['mallory', 'mallory', 'mallory', 'mallory']
const LATER = ['ann', 'bob', 'cid']
const office = scenario<Office>({
  name: 'office',
  run: [clerk],
  stories: [
    {
      name: 'turned',
      messages: [
        ...TURNED.map((to, i) => ({ input: { to }, key: `early-${i}`, afterMs: i * 500 })),
        ...LATER.map((to, i) => ({ input: { to }, key: `late-${i}`, afterMs: 1_200_000 + i * 1_000 })),
      ],
    },
  ],
  world: () => ({ acts: [] }),
  model:
    () =>
    ({ messages }) => {
      const to = /mallory|ann|bob|cid/.exec(JSON.stringify(messages))?.[0] ?? 'nobody'
      const isOver = messages.some(({ role }) => role === 'tool')
      const [name, input] = isOver ? ['complete', { ok: true }] : ['pay', { to }]
      return { text: '', toolCalls: [{ name, input }] }
    },
  tools: (world) => ({
    pay: {
      execute: async (input: { to: string }, { key, runId }) => {
        if (!world.acts.some((act) => act.key === key)) world.acts.push({ tool: 'pay', key, input, runId })
        return { paid: input.to }
      },
    },
  }),
  acts: (world) => world.acts,
})

async function played(seed: number, strikes: readonly [] | null) {
  let trips: readonly Trip[] = []
  let folded = 0
  const verdict = await play(
    office,
    { story: 'turned', seed, strikes },
    {
      look: async (ledger) => {
        trips = await ledger.drift.trips({})
        const points = await ledger.drift.points({ span: 'day', since: 0 })
        folded = points.reduce((sum, { tally }) => sum + (tally.folded ?? 0), 0)
      },
    },
  )
  return { verdict, trips, folded }
}

it('holds an agent whose calls are refused, before it does anything more', async () => {
  const { verdict, trips } = await played(1, [])
  expect([verdict.violations, verdict.broken]).toEqual([[], []])
  expect(trips).toMatchObject([{ wire: 'turned', scope: 'agent:clerk', act: { kind: 'hold' }, releasedAt: null }])
  // What came afterwards was admitted and held, until its time was over.
  expect(verdict.acts).toBe(0)
  expect(verdict.runs.filter(({ status }) => status === 'completed')).toHaveLength(TURNED.length)
  expect(verdict.runs).toHaveLength(TURNED.length + LATER.length)
})

it('holds it once, and counts no run twice, whatever the night does to its workers', { timeout: 60_000 }, async () => {
  let held = 0
  for (let seed = 1; seed <= 6; seed += 1) {
    const { verdict, trips, folded } = await played(seed, null)
    expect([seed, verdict.violations, verdict.broken]).toEqual([seed, [], []])
    expect(trips.length).toBeLessThanOrEqual(1)
    expect(folded).toBeLessThanOrEqual(verdict.runs.length)
    if (trips.length === 1) held += 1
  }
  // Now and then the model is struck by a fault, proposes nothing that is refused, and there is nothing to hold.
  expect(held).toBeGreaterThanOrEqual(4)
})
