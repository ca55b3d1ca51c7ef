import { expect, it } from 'vitest'
import { z } from 'zod'
import { escalated, withRuntime } from '../../../test/runtime-on.js'
import { desk, done, message, model, says } from '../../../test/ways-out/scene.js'
import { readRuns } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import { escalate } from '../../govern/verdict.js'
import { agent } from '../../orchestrator/agent.js'
import { tool } from '../../tools/tool.js'
import { fork } from './fork.js'
import type { Recording } from './recording.js'

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ id: z.string() }),
  effect: 'keyed',
  keyRemembered: '1h',
  people: 2,
  execute: async ({ id }) => ({ paid: id }),
})
const payer = agent({
  ...desk('payer', model([says('pay', { id: 'A' }), done])),
  tools: [pay],
  rules: { pay: () => escalate({ to: 'finance', within: '1h', otherwise: 'refuse' }) },
})

async function recordingOf(ledger: Ledger, runId: string): Promise<Recording> {
  for await (const { facts } of readRuns(ledger, { runId })) return facts
  throw new Error(`no run ${runId}`)
}

it('what two people said is said by both again, and the call goes on under it', async () => {
  const recording = await withRuntime('memory', { run: [payer] }, async (mw, ledger) => {
    const run = await mw.start(payer, { input: message, principal: 'cleo' })
    const id = await escalated(mw, run.id)
    for (const by of ['ann', 'bob']) await ledger.answer({ id, decision: 'approve', by, note: `seen by ${by}` })
    await run.outcome()
    return recordingOf(ledger, run.id)
  })
  const made = await fork(payer, recording, { from: 'pay#1' })
  expect(made.waits).toBeNull()
  expect(made.outcome).toEqual(made.recorded)
  expect(made.steps.find(({ step }) => step === 'pay#1')).toMatchObject({ how: 'same', source: 'recorded' })
})
