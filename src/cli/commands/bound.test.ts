import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { terminal } from '../../../test/cli/terminal.js'
import { agent } from '../../orchestrator/agent.js'
import { asTool } from '../../orchestrator/agent-tool.js'
import { scriptedModel } from '../../testing/index.js'
import { meter } from '../../tools/meter.js'
import { tool } from '../../tools/tool.js'

const paidUsd = meter('paid_usd', 'usd')
const write = { input: z.object({ amount: z.number() }), execute: async () => 1 } as const
const pay = tool({
  ...{ name: 'pay', description: 'Pays.', effect: 'once', isolate: 'none', timeout: '10s', ...write },
  meters: { [paidUsd.name]: ({ amount }) => amount },
})
const mail = tool({ name: 'mail', description: 'Mails.', effect: 'once', isolate: 'none', timeout: '5s', ...write })
const of = {
  ...{
    version: 1,
    model: scriptedModel({ replies: [] }),
    input: z.object({}),
    outcome: z.object({}),
    instructions: '',
  },
} as const
const clerk = agent({
  ...{ ...of, name: 'clerk', tools: [pay] },
  ceilings: { run: { paid_usd: 200, tool_calls: 5 }, tenant: { paid_usd: { per: 'day', max: 1_000 } } },
})
const lead = agent({ ...of, name: 'lead', tools: [mail, asTool(clerk, 'Asks the clerk.')] })
const options = { run: [clerk, lead] }

describe('midwatch bound', () => {
  it('tells the worst case of a run, an hour and a day, and by what', async () => {
    const { say } = terminal({ options })
    const { out, exit } = await say('bound', 'clerk', '--tenant', 'acme', '--at-once', '4')
    expect(exit).toBe(0)
    expect(out).toMatch(/paid_usd +\$200\.00 +\$1000\.00 +\$1000\.00 +run; tenant per day/)
    expect(out).toMatch(/pay +clerk +once +5 +paid_usd per run, paid_usd per tenant and day/)
    expect(out).toContain('at most 4 acts, for at most 10s')
    expect(out).not.toContain('Without a ceiling')
  })

  it('counts in the ceilings that operators set, unless it must not open the ledger', async () => {
    const { say, ledger } = terminal({ options })
    await ledger.setCeiling({ scope: 'agent:clerk', meter: 'paid_usd', per: 'day', limit: 300_000_000, by: 'ann' })
    const day = async (...more: string[]) => {
      const { data } = await say('bound', 'clerk', '--tenants', '2', '--json', ...more)
      return data.meters.find((one: { meter: string }) => one.meter === 'paid_usd').day
    }
    expect(await day()).toEqual({ amount: 300_000_000, by: 'operators: agent:clerk per day' })
    expect(await day('--offline')).toEqual({ amount: 2_000_000_000, by: 'tenant per day' })
  })

  it('names every effect without a ceiling, those of agents below too, and exits 3 where it must be strict', async () => {
    const { say } = terminal({ options })
    expect((await say('bound', 'lead')).out).toContain('Without a ceiling of their own: mail of lead, pay of clerk.')
    expect((await say('bound', 'lead', '--strict')).exit).toBe(3)
    expect((await say('bound', 'clerk', '--strict')).exit).toBe(0)
  })

  it('refuses an agent that is not there, and numbers that are none', async () => {
    const { say } = terminal({ options })
    expect(await say('bound', 'nobody')).toMatchObject({ exit: 2, err: expect.stringContaining('unknown_agent') })
    expect(await say('bound', 'clerk', '--tenants', '0')).toMatchObject({ exit: 2 })
  })

  it('tells what scoring its runs may cost on top, and counts what a verifier is asked', async () => {
    const verifier = scriptedModel({ replies: [] })
    const scored = agent({
      ...{ ...of, name: 'scored', tools: [pay], ceilings: { run: { model_calls: 4 } } },
      confidence: { below: 0.5, by: { verifier }, before: 'effects' },
      scores: [{ name: 'good', by: { verifier }, ask: 'It is good.', sample: 0.1 }],
      scoring: { ceilings: { run: { usd: '$0.02' }, tenant: { usd: { per: 'day', max: '$1' } } } },
    })
    const { say } = terminal({ options: { run: [scored] } })
    const { out } = await say('bound', 'scored', '--tenants', '1', '--offline')
    expect(out).toContain(
      'Scoring its runs comes on top (scored.scores): at most $0.02 for each run that is sampled, $1.00 an hour, $1.00 a day.',
    )
    expect(out).toMatch(/pay +scored +once +3 /)
    const { data } = await say('bound', 'scored', '--json', '--offline')
    expect(data.scoring.agent).toBe('scored.scores')
  })
})
