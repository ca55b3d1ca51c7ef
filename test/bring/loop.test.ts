import * as ai7 from 'ai'
import * as ai6 from 'ai6'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { allow, escalate, type GovernOptions, govern, memoryLedger, refuse } from '../../src/index.js'
import { redrive } from '../../src/runtime/redrive.js'
import { assemble } from '../../src/runtime.js'
import { type Replies, scriptedModel } from '../../src/testing/index.js'
import { escalated, withRuntime } from '../runtime-on.js'

const SDKS = [
  ['6', ai6 as unknown as typeof ai7],
  ['7', ai7],
] as const

const CALLS = { toolCalls: [{ name: 'sendEmail', input: { to: 'ann' } }] }
const SENDS = [CALLS, { text: 'Sent.' }]

/** A loop with one tool, and all that its world saw. */
function desk(ai: typeof ai7, replies: Replies, options: Partial<GovernOptions<{ readonly sendEmail: 'once' }>> = {}) {
  const sent: string[] = []
  const loop = govern({ name: 'desk', tools: { sendEmail: 'once' }, ...options })
  const model = scriptedModel({ replies })
  const sendEmail = ai.tool({
    inputSchema: z.object({ to: z.string() }),
    execute: async ({ to }) => {
      sent.push(to)
      return { sent: to }
    },
  })
  const plain = { model: model as never, tools: { sendEmail } }
  const settings = () => ({ model: loop.model(model as never), tools: loop.tools({ sendEmail }) })
  const ask = async (prompt = 'Write to Ann.', onStepFinish = () => Promise.resolve()) => {
    const { text } = await new ai.ToolLoopAgent(settings()).generate({ prompt, onStepFinish })
    return text
  }
  return { loop, model, sent, ask, plain, settings }
}

/** A run whose runtime stops when its tool has acted; what its loop hears when it asks for more. */
async function interrupted(ai: typeof ai7, ledger: Ledger) {
  const before = desk(ai, SENDS)
  const mw = await assemble({ run: [before.loop] }, { ledger })
  let stopped: unknown
  const stop = () => {
    stopped ??= mw.stop()
    return stopped as Promise<void>
  }
  const told = await before.loop.run({ key: 'k1' }, () => before.ask('Write to Ann.', stop)).catch((error) => error)
  return { ...before, told }
}

async function stepsOf(ledger: Ledger, runId: string): Promise<string[]> {
  const entries = await ledger.journal({ runId })
  return entries.filter((e) => e.kind === 'begin').map((e) => JSON.parse(e.body ?? '').sort)
}

describe.each(SDKS)('a ToolLoopAgent of AI SDK %s', (_version, ai) => {
  it('is governed: each model call and each tool call is a step of one run', async () => {
    const { loop, sent, ask } = desk(ai, SENDS)
    await withRuntime('memory', { run: [loop] }, async (mw, ledger) => {
      const run = await loop.run({}, async ({ id }) => ({ id, text: await ask() }))
      expect(run.text).toBe('Sent.')
      expect(sent).toEqual(['ann'])
      expect(await mw.run(run.id).outcome()).toEqual({ status: 'completed', output: run })
      expect(await stepsOf(ledger, run.id)).toEqual(['model', 'tool', 'model'])
    })
  })

  it('streams: words come live, and a tool acts only once the ledger has the answer that wants it', async () => {
    const { loop, sent, settings } = desk(ai, SENDS)
    await withRuntime('memory', { run: [loop] }, async () => {
      const text = await loop.run({}, async () => {
        const result = ai.streamText({ ...settings(), prompt: 'Write to Ann.', stopWhen: ai.stepCountIs(5) })
        let heard = ''
        for await (const part of result.textStream) heard += part
        return heard
      })
      expect(text).toBe('Sent.')
      expect(sent).toEqual(['ann'])
    })
  })

  it('ends at its ceiling by an error that says so, and nobody tries again', async () => {
    const { loop, model, ask } = desk(ai, SENDS, { ceilings: { run: { usd: '$0.000001' } } })
    await withRuntime('memory', { run: [loop] }, async () => {
      await expect(loop.run({}, () => ask())).rejects.toMatchObject({
        name: 'GovernedEnd',
        outcome: { status: 'exhausted', meter: 'usd' },
      })
      expect(model.requests).toHaveLength(0)
    })
  })

  it('lets the model read a refusal, and goes on', async () => {
    const rules = { sendEmail: () => refuse('policy', 'Not on Sundays.') }
    const { loop, model, sent, ask } = desk(ai, [CALLS, { text: 'I may not.' }], { rules })
    await withRuntime('memory', { run: [loop] }, async () => {
      expect(await loop.run({}, () => ask())).toBe('I may not.')
      expect(sent).toEqual([])
      expect(JSON.stringify(model.requests[1]?.messages)).toContain('Not on Sundays.')
    })
  })

  it('makes three attempts at a provider that fails, however often its SDK would try again', async () => {
    const { loop, model, ask } = desk(ai, () => ({ fault: 'server_error' }))
    await withRuntime('memory', { run: [loop] }, async () => {
      await expect(loop.run({}, () => ask())).rejects.toMatchObject({ name: 'ModelUnanswered' })
      expect(model.requests).toHaveLength(3)
    })
  })

  it('goes on under its key where its process left off: nothing that the journal holds is done again', async () => {
    const ledger = memoryLedger()
    const before = await interrupted(ai, ledger)
    expect(before.told).toMatchObject({ code: 'governed_left' })

    const after = desk(ai, [{ text: 'Sent.' }])
    const again = await assemble({ run: [after.loop] }, { ledger })
    expect(await after.loop.run({ key: 'k1' }, () => after.ask())).toBe('Sent.')
    expect([before.sent, after.sent]).toEqual([['ann'], []])
    expect(after.model.requests).toHaveLength(1)
    expect(await after.loop.run({ key: 'k1' }, () => Promise.reject(new Error('not called')))).toBe('Sent.')
    expect((await verifyLedger(ledger)).violations).toEqual([])
    await again.stop()
  })

  it('says so when it asks for something else than its journal holds', async () => {
    const ledger = memoryLedger()
    await interrupted(ai, ledger)
    const after = desk(ai, SENDS)
    const again = await assemble({ run: [after.loop] }, { ledger })
    const other = after.loop.run({ key: 'k1' }, () => after.ask('Write to Bob.'))
    await expect(other).rejects.toMatchObject({ code: 'governed_mismatch' })
    expect(after.model.requests).toHaveLength(0)
    await again.stop()
  })
})

describe.each(SDKS)('the settings of an agent of AI SDK %s', (_version, ai) => {
  it('make each call of it a run, which ends with the last word of its model', async () => {
    const { loop, sent, plain } = desk(ai, SENDS)
    await withRuntime('memory', { run: [loop] }, async (_mw, ledger) => {
      const agent = new ai.ToolLoopAgent(loop.settings(plain))
      const { text } = await agent.generate({ prompt: 'Write to Ann.' })
      expect([text, sent]).toEqual(['Sent.', ['ann']])
      const runs = await ledger.runs({ agent: 'desk' })
      expect(runs.map(({ state, outcome }) => [state, outcome])).toEqual([['ended', 'completed']])
      expect(await stepsOf(ledger, runs[0]?.runId ?? '')).toEqual(['model', 'tool', 'model'])
    })
  })

  it('leave a call within a run to that run', async () => {
    const { loop, plain } = desk(ai, SENDS)
    await withRuntime('memory', { run: [loop] }, async (_mw, ledger) => {
      const agent = new ai.ToolLoopAgent(loop.settings(plain))
      await loop.run({ key: 'k1' }, async () => (await agent.generate({ prompt: 'Write to Ann.' })).text)
      expect(await ledger.runs({ agent: 'desk' })).toHaveLength(1)
    })
  })

  it('end the run as failed when its model gives no answer', async () => {
    const { loop, plain } = desk(ai, () => ({ fault: 'auth' }))
    await withRuntime('memory', { run: [loop] }, async (_mw, ledger) => {
      const agent = new ai.ToolLoopAgent(loop.settings(plain))
      await expect(agent.generate({ prompt: 'Hello' })).rejects.toMatchObject({
        name: 'ModelUnanswered',
        code: 'model_auth',
      })
      expect((await ledger.runs({ agent: 'desk' })).map(({ outcome }) => outcome)).toEqual(['failed'])
    })
  })
})

it('other arguments that a person gave are told to the model, and nothing is done before it proposes them', async () => {
  const rules = {
    sendEmail: ({ to }: { to: string }) =>
      to === 'bob' ? allow() : escalate({ to: 'boss', within: '1h', otherwise: 'refuse' }),
  }
  const toBob = { toolCalls: [{ name: 'sendEmail', input: { to: 'bob' } }] }
  const { loop, model, sent, ask } = desk(ai7, [CALLS, toBob, { text: 'Sent to Bob.' }], { rules })
  await withRuntime('memory', { run: [loop] }, async (mw, ledger) => {
    const text = await loop.run({}, async ({ id }) => {
      const asked = ask()
      const question = await escalated(mw, id)
      await ledger.answer({ id: question, decision: 'approve', by: 'boss', result: '{"to":"bob"}' })
      return asked
    })
    expect([text, sent]).toEqual(['Sent to Bob.', ['bob']])
    expect(JSON.stringify(model.requests[1]?.messages)).toContain('boss wants other arguments')
  })
})

it('a redrive of a durable run is driven under its own key, and what was done before is not done again', async () => {
  const { loop, model, sent, ask } = desk(ai7, SENDS.concat(SENDS))
  await withRuntime('memory', { run: [loop] }, async (mw, ledger) => {
    const broken = loop.run({ key: 'k1' }, async () => {
      await ask()
      throw new Error('The page that shows it broke.')
    })
    await expect(broken).rejects.toThrow('broke')
    const [first] = await ledger.runs({})
    expect(first?.outcome).toBe('failed')
    const made = await redrive(ledger, first?.runId ?? '', loop.definition)
    const key = String((await ledger.run({ runId: made.runId }))?.key)
    expect(key).toBe(`${first?.runId}:redrive:1`)
    expect(await loop.run({ key }, () => ask())).toBe('Sent.')
    expect(await mw.run(made.runId).outcome()).toMatchObject({ status: 'completed' })
    // The model was asked anew; what it wanted done was done before, and its first result stands.
    expect([model.requests.length, sent]).toEqual([4, ['ann']])
  })
})

it('a call outside of any run is a run by itself', async () => {
  const { loop, settings } = desk(ai7, SENDS)
  await withRuntime('memory', { run: [loop] }, async (_mw, ledger) => {
    await ai7.generateText({ ...settings(), prompt: 'Write to Ann.', stopWhen: ai7.stepCountIs(5) })
    const runs = await ledger.runs({ agent: 'desk' })
    expect(runs.map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed'])
  })
})

it('a tool of which nobody said what it changes is refused', () => {
  const loop = govern({ name: 'desk' })
  const tools = { pay: ai7.tool({ inputSchema: z.object({}), execute: async () => 1 }) }
  expect(() => loop.tools(tools)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
})
