import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allow, escalate, refuse } from '../../govern/verdict.js'
import { agent } from '../../orchestrator/agent.js'
import { asTool } from '../../orchestrator/agent-tool.js'
import { scriptedModel } from '../../testing/scripted-model.js'
import { meter } from '../../tools/meter.js'
import { tool } from '../../tools/tool.js'
import { scenario } from '../define.js'
import type { Strike } from '../fault.js'
import { play } from '../play.js'
import { answers, remembers } from '../tools/stand-ins.js'

const input = z.object({ n: z.number() })
const tolls = meter('tolls', 'count')
const execute = () => Promise.reject(new Error('It has a stand-in.'))
const keyed = { input, effect: 'keyed', keyRemembered: '24h', timeout: '5s', execute } as const
const ring = tool({ ...keyed, name: 'ring', description: 'Rings.' })
const pay = tool({ ...keyed, name: 'pay', description: 'Pays.' })
const open = tool({ ...keyed, name: 'open', description: 'Opens the gate.', people: 2 })
const toll = tool({ ...keyed, name: 'toll', description: 'Takes the toll.', meters: { [tolls.name]: ({ n }) => n } })
const close = tool({ ...keyed, name: 'close', description: 'Closes the gate.' })
const people = escalate({ to: 'captain', within: '4h', otherwise: 'refuse' })

const mate = agent({
  ...{ name: 'mate', version: 1, input, outcome: z.object({ said: z.string() }), instructions: 'Help.' },
  model: scriptedModel({ replies: [] }),
  tools: [],
})
const captain = agent({
  ...{ name: 'captain', version: 1, input: z.string(), outcome: z.object({ said: z.string() }), instructions: 'Lead.' },
  model: scriptedModel({ replies: [] }),
  tools: [ring, pay, open, toll, close, asTool(mate, 'Asks the mate.')],
  rules: {
    ring: ({ n }) => (n > 3 ? refuse('policy', 'Too often.') : allow()),
    pay: ({ n }) => (n > 100 ? people : allow()),
    open: () => allow(),
    toll: () => allow(),
    close: () => allow(),
    mate: () => allow(),
  },
  ceilings: { run: { tolls: 5 } },
  onBreach: { tolls: people },
})

const port = scenario({
  name: 'port',
  run: [captain, mate],
  stories: [{ name: 'day', messages: [{ input: 'Go.', key: 'm1' }] }],
  model:
    () =>
    ({ messages, tools }) => {
      const heard = messages.filter(({ role }) => role === 'tool').length
      const calls = [
        ['ring', 2],
        ['ring', 9],
        ['pay', 20],
        ['pay', 150],
        ['open', 1],
        ['mate', 1],
        ['toll', 7],
      ] as const
      const [name, n] = (tools.includes('ring') && calls[heard]) || ['complete', 0]
      return { toolCalls: [name === 'complete' ? { name, input: { said: 'done' } } : { name, input: { n } }] }
    },
  tools: () => ({
    ...{ ring: remembers(() => null), pay: remembers(() => null), open: remembers(() => null), close: answers(null) },
    toll: remembers(() => null),
  }),
  people: ({ escalation }) => ({ decision: escalation.tool === 'open' ? 'approve' : 'deny', by: 'ann' }),
})

/** Rules of the mate, who has none, are not told. */
const RULED = {
  'captain/ring': { allowed: 1, stopped: 1 },
  // What a person denied was stopped by the rule, and once.
  'captain/pay': { allowed: 1, stopped: 1 },
  // Two people were asked, and people about a ceiling; not by a rule.
  'captain/open': { allowed: 1, stopped: 0 },
  'captain/toll': { allowed: 0, stopped: 0 },
  'captain/close': { allowed: 0, stopped: 0 },
  'captain/mate': { allowed: 1, stopped: 0 },
}

describe('what rules said', () => {
  const played = (strikes: readonly Strike[]) => play(port, { story: 'day', seed: 1, strikes })

  it('is counted by the journals: refused, put before people, or begun', async () => {
    const { rules, runs, broken } = await played([])
    expect(broken).toEqual([])
    expect(runs.map(({ status }) => status)).toEqual(['exhausted', 'completed'])
    expect(rules).toEqual(RULED)
  })

  it.each(['call:apply:note', 'answer:apply:park', 'call:apply:note+begin'] as const)(
    'is counted once, however often a crash at %s has it asked again',
    async (site) => {
      const { rules, struck } = await played([{ fault: 'crash', place: `${site}#2` }])
      expect(struck.length).toBe(1)
      expect(rules).toEqual(RULED)
    },
  )
})
