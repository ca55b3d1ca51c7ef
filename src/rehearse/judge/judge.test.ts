import { expect, it } from 'vitest'
import { scenario } from '../define.js'
import { type Harbour, night } from '../harbour.fixture.js'
import { play } from '../play.js'
import type { Expectations, ScenarioOptions } from '../scenario.js'
import type { RunEnd } from '../verdict.js'

/** What the verdict says of a calm pilot, with expectations or a world of its own. */
async function judged(change: Partial<ScenarioOptions<Harbour>>) {
  return play(scenario({ ...night, ...change }), { story: 'pilot', seed: 3, strikes: [] })
}
const expecting = async (expects: Expectations<Harbour>) => (await judged({ expect: expects })).broken

it('has nothing to say of a calm night', async () => {
  const verdict = await judged({
    expect: {
      outcomes: ['completed'],
      spend: '$0.01',
      never: [/password/],
      acts: () => ['hail', 'berth', 'salute'].map((tool) => ({ tool, input: { ship: 'Ada' } })),
      that: ({ calm, acts, world }) => (calm && acts.length === world.acts.length ? [] : ['It was no calm night.']),
    },
  })
  expect([verdict.broken, verdict.ok]).toEqual([[], true])
})

it('holds the outcome against what was expected', async () => {
  expect(await expecting({ outcomes: ['refused', 'handed_over'] })).toEqual([
    'A run of pilot ended completed (); expected refused or handed_over.',
  ])
})

it('holds the spend against its most', async () => {
  expect(await expecting({ spend: '$0.0001' })).toEqual([expect.stringMatching(/^The case spent \$0\.00\d+; the most/)])
})

it('finds words that must never be said, and never be acted on', async () => {
  expect(await expecting({ never: [/Now hail/] })).toEqual(["A model said what /Now hail/ forbids: 'Now hail.'."])
  expect(await expecting({ never: [/"ship":"Ada"/] })).toHaveLength(3)
})

it('compares what was done with what ought to be, in any order and to the number', async () => {
  const acts = ['salute', 'berth', 'berth', 'hoist'].map((tool) => ({ tool, input: { ship: 'Ada' } }))
  expect(await expecting({ acts: () => acts })).toEqual([
    'Done once, expected 2: berth {"ship":"Ada"}.',
    'Done once, expected 0: hail {"ship":"Ada"}.',
    'Done 0 times, expected 1: hoist {"ship":"Ada"}.',
  ])
})

it('takes a sentence of the scenario for what is not as it must be', async () => {
  expect(await expecting({ that: async () => ['The lamp is out.'] })).toEqual(['The lamp is out.'])
})

it('finds an act under one key that was done twice, and one that nobody intended', async () => {
  const { broken, duplicates } = await judged({
    acts: ({ acts }) => [...acts, ...acts.slice(0, 1), { tool: 'salute', key: 'of nobody', input: {} }],
  })
  expect(duplicates).toBe(1)
  expect(broken).toEqual([
    expect.stringMatching(/^hail acted more than once under the key/),
    "salute acted under the key 'of nobody', and no journal holds an intent of it.",
  ])
})

it('says of a tool that acted twice what its class let happen', async () => {
  const twice = async (tool: string) => {
    const acts = ({ acts: all }: Harbour) => [...all, ...all.filter((act) => act.tool === tool)]
    return (await judged({ acts })).broken
  }
  expect(await twice('hail')).toEqual([
    expect.stringMatching(/It is keyed, .* must know its keys, as remembers\(\) does/),
  ])
  expect(await twice('berth')).toEqual([expect.stringMatching(/It is checked, .* look at what the check saw\.$/)])
  expect(await twice('salute')).toEqual([expect.stringMatching(/under the key '[^']+'\.$/)])
})

it('finds a read that acts, on a calm night', async () => {
  const acts = ({ acts: all }: Harbour) => [...all, { tool: 'look_out', key: null, input: {} }]
  expect((await judged({ acts })).broken).toEqual([
    'look_out acted, but is declared read, so that a lost answer is asked again: declare it keyed, checked or once.',
  ])
})

it('holds no case in which the script itself threw', async () => {
  const model = () => () => {
    throw new TypeError('no such field')
  }
  const { broken, runs } = await judged({ model })
  expect(broken).toEqual(["The scenario's model threw in turn 1, where it must answer: no such field"])
  expect(runs[0]?.status).toBe('failed')
})

it('tells how each run stood at the end', async () => {
  const { runs, visits, shape } = await judged({})
  expect(runs).toEqual([
    expect.objectContaining<Partial<RunEnd>>({
      agent: 'pilot',
      status: 'completed',
      waits: null,
      steps: 9,
      attempts: 9,
    }),
  ])
  expect(visits['tool:hail']).toBe(1)
  expect(shape).toBe((await play(scenario(night), { story: 'pilot', seed: 4, strikes: [] })).shape)
})

it('says what waits, and does not call it stuck', async () => {
  const { runs, stuck, ok, virtualMs } = await judged({ people: () => null, within: '30m' })
  expect([stuck, ok]).toEqual([0, true])
  expect(runs[0]).toMatchObject({ status: null, waits: expect.stringContaining('person:captain') })
  expect(virtualMs).toBeLessThan(4 * 3_600_000)
})

it('says which message was not admitted', async () => {
  const stories = [{ name: 'pilot', messages: [{ input: { massage: 'A ship.' } }] }] as const
  expect((await judged({ stories })).broken).toEqual([expect.stringMatching(/^Message 1 was not admitted: The input/)])
})
