import { describe, expect, it } from 'vitest'
import { escalate } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, message, model, says, spender } from './ways-out/scene.js'
import { slowToHearOfParks } from './ways-out/slow-parks.js'
import { stage } from './ways-out/stage.js'

const HOUR_MS = 3_600_000

describe.each(LEDGERS)('time on the %s ledger', (kind) => {
  const on = stage(kind)

  const asking = (name: string, deadline: '1h' | '1d') => {
    const { spend, acts } = spender()
    const asked = model(({ messages }) => (messages.length > 2 ? done : says('spend', { id: 'A', amount: 500 })))
    const rules = { spend: () => escalate({ to: 'finance', within: '8h', otherwise: 'refuse' }) }
    const a = agent({
      ...desk(on.name(name), asked),
      tools: [spend],
      rules,
      ceilings: { run: { active: '2m', deadline } },
    })
    return { a, acts }
  }

  it('of a person does not use up active time', async () => {
    const { a, acts } = asking('active', '1d')
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    await on.jump(4 * HOUR_MS)
    await on.ledger.answer({ id, decision: 'approve', by: 'fay' })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(acts).toHaveLength(1)
    const { meters } = await on.until(run.id, (r) => r.state === 'ended')
    expect(meters.active?.used).toBeGreaterThan(0)
    expect(meters.active?.used).toBeLessThan(30_000)
  })

  it('runs out while a person is asked: the run ends by its deadline, and the question is void', async () => {
    const { a, acts } = asking('deadline', '1h')
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    const id = await escalated(mw, run.id)
    await on.jump(HOUR_MS + 1_000)
    expect(await run.outcome()).toMatchObject({ status: 'exhausted', meter: 'deadline', limit: HOUR_MS })
    expect((await on.ledger.escalations({ id }))[0]?.state).toBe('void')
    expect((await on.ledger.answer({ id, decision: 'approve', by: 'fay' })).code).toBe('closed')
    expect(acts).toEqual([])
  })

  it.each(['overtake', 'follow'] as const)(
    'of a wait that is over before its park is known to be written wedges nothing, where claims %s',
    async (claims) => {
      const look = model([{ fault: 'server_error' }, { fault: 'server_error' }, done])
      const a = agent({ ...desk(on.name('retries'), look), tools: [] })
      const mw = await on.runtime({ run: [a] }, { ledger: slowToHearOfParks(on.ledger, 700, claims) })
      const run = await mw.start(a, { input: message })
      expect(await run.outcome()).toMatchObject({ status: 'completed' })
    },
  )
})
