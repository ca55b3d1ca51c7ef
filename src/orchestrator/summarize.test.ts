import { describe, expect, it } from 'vitest'
import { LEDGERS } from '../../test/runtime-on.js'
import { desk, done, find, message, model, says } from '../../test/ways-out/scene.js'
import { stage } from '../../test/ways-out/stage.js'
import { scriptedModel } from '../testing/scripted-model.js'
import { agent } from './agent.js'

const LOOKS = 12
const ABOVE = 1_200

describe.each(LEDGERS)('a summary in place of old exchanges on the %s ledger', (kind) => {
  const on = stage(kind)
  const looks = Array.from({ length: LOOKS }, () => says('find_order', { id: `W${'1'.repeat(200)}` }))

  async function talking(name: string, said: string) {
    const asked = model([...looks, done])
    const writes = scriptedModel({ replies: () => said })
    const a = agent({
      ...desk(on.name(name), asked),
      tools: [find],
      memory: { summary: { model: writes, above: ABOVE } },
    })
    const mw = await on.runtime({ run: [a], prices: { scripted: writes.price } })
    const run = await mw.start(a, { input: message })
    return { asked, writes, run, outcome: await run.outcome() }
  }

  it('is written once the prompt is large, charged as any step, and read by the model from then on', async () => {
    const { asked, writes, run, outcome } = await talking('a', 'W1 was looked up, again and again.')
    expect(outcome).toMatchObject({ status: 'completed' })
    expect(writes.requests.length).toBeGreaterThan(0)
    const last = asked.requests.at(-1)?.messages ?? []
    const told = last.filter(({ role }) => role === 'user').map((one) => ('text' in one ? one.text : ''))
    expect(told.some((text) => /^Summary, in place of \d+ messages: W1 was looked up/.test(text))).toBe(true)
    expect(last.filter(({ role }) => role === 'tool').length).toBeLessThan(LOOKS)
    const begun = (await on.ledger.journal({ runId: run.id })).filter(({ kind: k }) => k === 'begin')
    const steps = begun.map(({ facts }) => facts.step ?? '')
    expect(steps.filter((step) => step.startsWith('summary#'))).toHaveLength(writes.requests.length)
    const row = await on.ledger.run({ runId: run.id })
    expect(row?.meters.model_calls?.used).toBe(asked.requests.length + writes.requests.length)
  })

  it('a replay by somebody new finds it in its place, and writes no other', async () => {
    const asked = model([...looks, says('ask_requester', { question: 'Which order?' }), done])
    const writes = scriptedModel({ replies: () => 'W1 was looked up.' })
    const summary = { model: writes, above: ABOVE }
    const a = agent({ ...desk(on.name('r'), asked), tools: [find], askBack: { within: '1h' }, memory: { summary } })
    const options = { run: [a], prices: { scripted: writes.price } }
    const first = await on.runtime(options)
    const run = await first.start(a, { input: message })
    await on.until(run.id, (r) => r.state === 'waiting')
    await first.stop()
    const written = writes.requests.length
    expect(written).toBeGreaterThan(0)
    const second = await on.runtime(options)
    const [open] = await on.ledger.escalations({ runId: run.id, state: 'open' })
    await on.ledger.answer({ id: open?.id ?? '', decision: 'answer', by: 'ann', result: '"W1"' })
    expect(await second.run(run.id).outcome()).toMatchObject({ status: 'completed' })
    expect(writes.requests).toHaveLength(written)
  })

  it('what the run is about stays word for word, and a summary of nothing does not stop it', async () => {
    const { asked, outcome } = await talking('b', '')
    expect(outcome).toMatchObject({ status: 'completed' })
    const first = asked.requests[0]?.messages[1]
    for (const { messages } of asked.requests) expect(messages[1]).toEqual(first)
  })
})

it('a size that is none is refused when the agent is defined', () => {
  const writes = scriptedModel({ replies: () => '' })
  const define = (above: number) =>
    agent({ ...desk('c', model([done])), tools: [find], memory: { summary: { model: writes, above } } })
  for (const above of [0, 1.5, Number.NaN]) expect(() => define(above)).toThrow(/memory\.summary\.above/)
})
