import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type AgentOptions, agent } from '../orchestrator/agent.js'
import { scriptedModel } from '../testing/scripted-model.js'
import type { Reply } from '../testing/scripted-model-reply.js'
import { tool } from '../tools/tool.js'
import { scenario } from './define.js'
import { FAULTS, type FaultName } from './fault.js'
import { play, visitsOf } from './play.js'
import type { Expectations, ScenarioOptions } from './scenario.js'
import { type Place, siteOf } from './site.js'

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ id: z.string(), amount: z.number() }),
  output: z.object({ ref: z.string() }),
  effect: 'keyed',
  keyRemembered: '24h',
  concurrent: true,
  key: ({ id }, { message }) => `${id}:${message.key}`,
  execute: async () => {
    throw new Error('A stand-in is called in place of this.')
  },
})
const named = (name: string) => scriptedModel({ replies: [], name })
const call = (name: string, input: object): Reply => ({ text: `Now ${name}.`, toolCalls: [{ name, input }] })
const SCRIPT = [call('pay', { id: 'W1', amount: 5 }), call('complete', { resolution: 'Paid.' })]

type Desk = Pick<AgentOptions<'desk', readonly [typeof pay], z.ZodObject, z.ZodObject>, 'confidence' | 'scores'>

function desk(more: Desk) {
  return agent({
    ...{ name: 'desk', version: 1, model: named('large'), instructions: 'Pay.', tools: [pay] },
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    ceilings: { run: { strikes: 12, usd: '$1', deadline: '2d' } },
    ...more,
  } as never)
}

const verified = { below: 0.5, by: { verifier: named('small') }, before: 'effects' } as const
const scored = [
  { name: 'paid', by: 'code', of: (_: unknown, run: { did(of: object): boolean }) => (run.did(pay) ? 1 : 0) },
  { name: 'helpful', by: { verifier: named('small') }, ask: 'The customer got what was asked for.' },
  { by: 'reopened', within: '1d' },
] as never

/** `says`: what whoever judges answers. */
function night(
  of: Desk,
  says = 0.9,
  expects: Expectations<unknown> = {},
  more: Partial<ScenarioOptions<unknown>> = {},
) {
  return scenario({
    name: 'scored',
    run: [desk(of)],
    stories: [
      { name: 'one', messages: [{ input: { message: 'please' }, key: 'm1' }] },
      {
        name: 'again',
        messages: [
          { input: { message: 'please' }, key: 'm1', session: 's' },
          { input: { message: 'not that' }, key: 'm2', session: 's', afterMs: 600_000 },
        ],
      },
    ],
    model: () => (request) =>
      request.tools.includes('assess')
        ? call('assess', { value: says, why: 'As the evidence says.' })
        : (SCRIPT[request.call - 1] ?? call('complete', { resolution: 'Nothing is left.' })),
    tools: () => ({ pay: 'generated' }),
    expect: expects,
    ...more,
  })
}

/** Plays one fault at each place of a story where it can strike, and gives what broke, and how many places there were. */
async function everywhere(of: ReturnType<typeof night>, story: string, fault: FaultName, at = /./) {
  const places = Object.entries(await visitsOf(of, story)).flatMap(([key, count]) =>
    Array.from({ length: count }, (_, n) => `${key}#${n + 1}` as Place).filter(
      (place) => at.test(place) && (FAULTS[fault].at as readonly string[]).includes(siteOf(place).site.kind),
    ),
  )
  const verdicts = []
  for (const place of places) verdicts.push(await play(of, { story, seed: 1, strikes: [{ fault, place }] }))
  const wrong = verdicts.filter(({ ok, duplicates }) => !ok || duplicates > 0)
  return { verdicts, wrong: wrong.map(({ violations, broken, struck }) => ({ violations, broken, struck })) }
}

/** Where an end, an admission or a score may be lost on its way. */
const ENDS = /^answer:(admit|score|apply.*end)/

describe('scores in a rehearsal', () => {
  it('are there after a case, once each, and the case that came back is counted', async () => {
    const seen: string[] = []
    const that: Expectations<unknown>['that'] = ({ scores, runs }) => {
      seen.push(...scores.map(({ name, value, by }) => `${name} ${value} ${by}`), `${runs.length} runs`)
      return []
    }
    const verdict = await play(night({ scores: scored }, 0.9, { that }), { story: 'again', seed: 1, strikes: [] })
    expect(verdict.broken).toEqual([])
    expect(seen.sort()).toEqual([
      ...[
        '2 runs',
        'helpful 0.9 verifier',
        'helpful 0.9 verifier',
        'paid 1 code',
        'paid 1 code',
        'reopened 0 reopened',
      ],
    ])
  })

  it('are held against what was expected', async () => {
    const least = { scores: { helpful: { atLeast: 0.5 }, paid: { atLeast: 1 } } }
    const { broken } = await play(night({ scores: scored }, 0.25, least), { story: 'one', seed: 1, strikes: [] })
    expect(broken).toEqual([
      'A run of desk has the score helpful 0.25 by verifier: As the evidence says.; expected at least 0.5.',
    ])
    expect(() => night({}, 1, { scores: { helpful: { atLeast: 2 } } })).toThrow(/from 0 to 1/)
  })

  it('are neither lost nor doubled wherever a worker dies or an answer is lost', { timeout: 120_000 }, async () => {
    // Each run is scored by whoever takes it up; the judge finds what nobody scores, and what was kept twice.
    const that: Expectations<unknown>['that'] = ({ scores, runs }) => {
      const paid = scores.filter(({ name }) => name === 'paid').length
      const helpful = scores.filter(({ name }) => name === 'helpful').length
      const done = runs.filter(({ status }) => status === 'completed').length
      return paid === runs.length && helpful === done ? [] : [`${paid} paid, ${helpful} helpful, ${done} done.`]
    }
    const played = night({ scores: scored }, 0.9, { that }, { workers: 2 })
    const [died, lost] = [
      await everywhere(played, 'one', 'crash'),
      await everywhere(played, 'one', 'answer_lost', ENDS),
    ]
    expect([...died.wrong, ...lost.wrong]).toEqual([])
    expect(died.verdicts.length).toBeGreaterThan(40)
    expect(lost.verdicts.length).toBeGreaterThan(3)
  })
})

describe('confidence in a rehearsal', () => {
  it('that is asked of a verifier survives whatever that one says', { timeout: 120_000 }, async () => {
    const played = night({ confidence: verified })
    let refused = 0
    for (const fault of [
      'model_nonsense',
      'model_malformed',
      'model_apology',
      'model_unknown_tool',
      'model_silence',
    ] as const) {
      const { verdicts, wrong } = await everywhere(played, 'one', fault)
      expect(wrong).toEqual([])
      refused += verdicts.filter(({ acts }) => acts === 0).length
    }
    // What could not be read stood in the way of the act, and the model gave up.
    expect(refused).toBeGreaterThan(0)
  })

  it('of samples that disagree lets nothing through', async () => {
    const samples = { below: 0.9, by: { samples: 3 }, before: 'effects' } as const
    const calm = await play(night({ confidence: samples }), { story: 'one', seed: 1, strikes: [] })
    expect([calm.broken, calm.acts]).toEqual([[], 1])
    const strikes = [{ fault: 'model_nonsense', place: 'model:large#2' }] as const
    const { broken, acts, runs, bitten } = await play(night({ confidence: samples }), {
      story: 'one',
      seed: 1,
      strikes,
    })
    expect([broken, acts, bitten.length]).toEqual([[], 0, 1])
    expect(runs[0]?.status).toBe('completed')
  })

  it('of samples survives a death wherever it comes', { timeout: 120_000 }, async () => {
    const samples = { below: 0.5, by: { samples: 3 }, before: 'effects' } as const
    const { verdicts, wrong } = await everywhere(night({ confidence: samples }), 'one', 'crash')
    expect(wrong).toEqual([])
    expect(verdicts.every(({ acts }) => acts === 1)).toBe(true)
  })
})
