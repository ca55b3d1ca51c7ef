import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Ledger } from '../src/core/ledger.js'
import { escalate } from '../src/govern/verdict.js'
import { agent } from '../src/orchestrator/agent.js'
import { fault } from '../src/tools/fault.js'
import { tool } from '../src/tools/tool.js'
import { escalated, LEDGERS } from './runtime-on.js'
import { desk, done, message, model, says } from './ways-out/scene.js'
import { stage } from './ways-out/stage.js'

const CANARY = 'sk-canary-"zq7x\\9"-ünïcode'

describe.each(LEDGERS)('a secret on the %s ledger', (kind) => {
  const on = stage(kind)

  const login = tool({
    name: 'login',
    description: 'Log in.',
    input: z.object({ how: z.string() }),
    effect: 'read',
    attempts: 1,
    execute: async ({ how }, call) => {
      const token = await call.secret('TOKEN')
      if (how === 'throw') throw new Error(`401 for Bearer ${token}`)
      if (how === 'fault') throw fault.permanent(`denied ${token}`)
      return { how, token, url: `https://x.test/?t=${encodeURIComponent(token)}`, quoted: JSON.stringify({ token }) }
    },
  })
  const post = tool({
    name: 'post',
    description: 'Post.',
    input: z.object({ text: z.string() }),
    effect: 'once',
    isolate: 'none',
    execute: async (_input, call) => {
      throw new Error(`connection reset after Authorization: ${await call.secret('TOKEN')}`)
    },
  })

  it('is in nothing that is written: results, errors, proposals that repeat it, questions, notices, outcomes', async () => {
    const calls = [
      says('login', { how: 'return' }),
      says('login', { how: 'throw' }),
      says('login', { how: 'fault' }),
      // The model has it from somewhere and says it everywhere.
      says('login', { how: CANARY }, `I use ${CANARY}.`),
      says('no_such_tool', { token: CANARY }),
      says('post', { text: `token ${CANARY}` }, `As ${CANARY} demands.`),
      says('hand_over', { to: CANARY, note: `It is ${CANARY}` }),
    ]
    const asked = model(calls)
    const rules = { post: () => escalate({ to: 'fay', within: '1h', otherwise: 'refuse' }) }
    const a = agent({ ...desk(on.name('leaky'), asked), tools: [login, post], rules })
    const mw = await on.runtime({ run: [a], secrets: () => CANARY })
    const run = await mw.start(a, { input: message })
    const approval = await escalated(mw, run.id)
    await on.ledger.answer({ id: approval, decision: 'approve', by: 'fay' })
    const doubt = await escalated(mw, run.id)
    await on.ledger.answer({ id: doubt, decision: 'happened', by: 'fay' })
    await run.outcome()
    const written = JSON.stringify(await everythingOf(on.ledger, run.id))
    expect(written).toContain('[secret TOKEN]')
    expect(formsOf(CANARY).filter((form) => written.includes(form))).toEqual([])
  })

  it('does not reach the model through a result, live or in replay', async () => {
    const asked = model([says('login', { how: 'return' }), done])
    const a = agent({ ...desk(on.name('told'), asked), tools: [login] })
    const mw = await on.runtime({ run: [a], secrets: () => CANARY })
    expect(await (await mw.start(a, { input: message })).outcome()).toMatchObject({ status: 'completed' })
    const heard = JSON.stringify(asked.requests.map((request) => request.messages))
    expect(formsOf(CANARY).filter((form) => heard.includes(form))).toEqual([])
  })

  it('that is missing is said, and nothing was done', async () => {
    const asked = model([says('login', { how: 'return' }), done])
    const a = agent({ ...desk(on.name('missing'), asked), tools: [login] })
    const mw = await on.runtime({ run: [a], secrets: () => undefined })
    const run = await mw.start(a, { input: message })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(JSON.stringify(asked.requests.at(-1)?.messages)).toContain("The secret 'TOKEN' is not set")
  })
})

/** All that the ledger keeps of a run, or because of it. */
async function everythingOf(ledger: Ledger, runId: string): Promise<unknown[]> {
  return [
    await ledger.run({ runId }),
    await ledger.journal({ runId }),
    await ledger.mail({ runId, after: 0 }),
    await ledger.evidence({ runId }),
    await ledger.effects({ runId }),
    await ledger.escalations({ runId }),
    await ledger.notices({ limit: 1_000, retryAfterMs: 0 }),
  ]
}

/** As it may stand in a JSON of JSON texts: each layer quotes it once more. The last is the part that no digest can hold. */
function formsOf(secret: string): string[] {
  const quoted = (text: string) => JSON.stringify(text).slice(1, -1)
  const forms = [secret, encodeURIComponent(secret)]
  for (let layer = 0; layer < 4; layer += 1) forms.push(quoted(forms.at(-1) ?? ''))
  return [...forms, quoted(secret), quoted(quoted(secret)), quoted(quoted(quoted(secret))), 'zq7x']
}
