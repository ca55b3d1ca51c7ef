import { expect, it } from 'vitest'
import { z } from 'zod'
import type { BreakerMove } from '../../src/core/breakers.js'
import type { Ledger } from '../../src/core/ledger.js'
import { BreakerTable } from '../../src/ledger/memory/breaker-table.js'
import { ledgerOf } from '../../src/ledger/memory/ledger.js'
import { agent } from '../../src/orchestrator/agent.js'
import { scenario } from '../../src/rehearse/define.js'
import { play } from '../../src/rehearse/play.js'
import { scriptedModel } from '../../src/testing/scripted-model.js'
import type { ScriptedRequest } from '../../src/testing/scripted-model-reply.js'
import { tool } from '../../src/tools/tool.js'

const find = tool({
  ...{ name: 'find', description: 'Finds.', input: z.object({}), effect: 'read', timeout: '5s' },
  execute: () => Promise.reject(new Error('It has a stand-in.')),
})
const desk = agent({
  ...{ name: 'desk', version: 1, input: z.object({ n: z.number() }), outcome: z.object({ said: z.string() }) },
  instructions: 'Find it.',
  model: scriptedModel({ replies: [] }),
  tools: [find],
})
const messages = Array.from({ length: 12 }, (_, n) => ({ input: { n }, key: `m${n}` }))
/** Finds, and is done. */
const replies = ({ messages }: ScriptedRequest) => {
  const isFound = messages.some(({ role }) => role === 'tool')
  return { toolCalls: [isFound ? { name: 'complete', input: { said: 'found' } } : { name: 'find', input: {} }] }
}
const busy = scenario({
  ...{ name: 'busy', run: [desk], stories: [{ name: 'day', messages }], tools: () => ({ find: 'generated' as const }) },
  model: () => replies,
  breakers: { minimum: 5, probes: 2 },
  // Who had used up its attempts before it opened, or as probes, has failed.
  expect: { outcomes: ['completed', 'failed'] },
})
const SEEDS = [1, 2, 3, 4, 5, 6]
const KEYS = { tool_outage: 'tool:find', model_outage: 'model:scripted/scripted' } as const
const struck = (fault: keyof typeof KEYS, place: string, more: object = {}, seed = 1) =>
  play(busy, { story: 'day', seed, strikes: [{ fault, place: place as 'tool:find#1' }] }, more)

it.each([
  ['tool_outage', 'tool:find#1'],
  ['model_outage', 'model:scripted#1'],
] as const)('%s opens a breaker; most of its runs wait, and complete', async (fault, place) => {
  let completed = 0
  // How many have used up their attempts before it opens is another number in each night.
  for (const seed of SEEDS) {
    let moves: readonly BreakerMove[] = []
    const look = async (ledger: Ledger) => {
      moves = await ledger.breakers.moves({ key: KEYS[fault] })
    }
    const { ok, stuck, runs } = await struck(fault, place, { look }, seed)
    expect([ok, stuck]).toEqual([true, 0])
    completed += runs.filter(({ status }) => status === 'completed').length
    const states = moves.map(({ state }) => state)
    expect([states[0], states.at(-1)]).toEqual(['open', 'closed'])
  }
  expect(completed).toBeGreaterThan((SEEDS.length * messages.length) / 2)
})

/** Probes without end. */
class EndlessProbes extends BreakerTable {
  override probe(...asked: Parameters<BreakerTable['probe']>): ReturnType<BreakerTable['probe']> {
    const probe = super.probe(...asked)
    const row = this.rows.get(asked[0])
    if (probe && row) this.rows.set(row.key, { ...row, probes: row.probesMost })
    return probe
  }
}

it('a ledger that lets all through as probes is found', async () => {
  const build = {
    ledger: (store: Parameters<typeof ledgerOf>[0]) =>
      ledgerOf(Object.assign(store, { breakers: new EndlessProbes() })),
  }
  const { broken } = await struck('tool_outage', 'tool:find#1', { build })
  expect(broken.join()).toMatch(/probes of the breaker tool:find began in one round of 2/)
})
