import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { declaredApi } from '../../test/api/declared.js'
import type { Caller } from '../core/access.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { flow } from '../orchestrator/flow.js'
import { assemble, type Midwatch } from '../runtime.js'
import { question } from '../testing/conformance/hand.js'
import { Scene } from '../testing/conformance/scene.js'
import { api } from './app.js'

const survey = flow({
  name: 'survey',
  version: 1,
  input: z.object({}),
  run: (ctx) =>
    ctx.ask({ question: 'Which colour?', to: 'design', within: '1h', answer: z.string(), otherwise: 'grey' }),
})

const ledger = memoryLedger()
let mw: Midwatch
let ask: (caller: Caller, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, unknown> }>

beforeAll(async () => {
  mw = await assemble({ run: [survey], alarm: () => undefined }, { ledger })
  let who: Caller = ann
  const served = declaredApi(api(mw, { access: () => who }))
  ask = async (caller, path, body) => {
    who = caller
    const given = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await served.fetch(new Request(`http://localhost${path}`, body === undefined ? {} : given))
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
})
afterAll(async () => {
  await mw.stop()
  expect((await verifyLedger(ledger)).violations).toEqual([])
})

const ann: Caller = { principal: 'ann', role: 'approver', tenants: ['acme'], tokenId: 'a' }
const stranger: Caller = { ...ann, principal: 'bob', tenants: ['other'] }
const operator: Caller = { ...ann, principal: 'op', role: 'operator' }

/** A run that waits for a person, and what it asks. */
async function asked(): Promise<{ runId: string; id: string }> {
  const { body } = await ask(operator, '/v1/runs', { agent: 'survey', input: {} })
  const runId = String(body.runId)
  for await (const _event of mw.run(runId).events()) {
    const [open] = await ledger.escalations({ runId, state: 'open' })
    if (open) return { runId, id: open.id }
  }
  throw new Error('Nobody was asked.')
}

it('a question is listed, read and answered by who may', async () => {
  const { runId, id } = await asked()
  expect((await ask(ann, '/v1/escalations')).body).toMatchObject({
    escalations: [{ id, kind: 'question', state: 'open' }],
  })
  expect((await ask(stranger, '/v1/escalations')).body).toEqual({ escalations: [], next: null })
  expect((await ask(stranger, `/v1/escalations/${id}`)).body.code).toBe('unknown_escalation')
  const path = `/v1/escalations/${id}/answer`
  const blue = { decision: 'answer', result: 'blue', note: 'It is the sea.' }
  expect((await ask(stranger, path, blue)).body.code).toBe('unknown_escalation')
  expect((await ask(operator, path, blue)).body.code).toBe('forbidden')
  for (const unfit of [{ decision: 'approve' }, { decision: 'answer' }, { decision: 'approve', result: 1 }]) {
    expect((await ask(ann, path, unfit)).body).toMatchObject({ status: 400, code: 'answer_unfit' })
  }
  expect((await ask(ann, path, { ...blue, args: 'others' })).body.code).toBe('escalation_closed')
  expect(await ask(ann, path, blue)).toMatchObject({
    status: 200,
    body: { state: 'answered', by: 'ann', result: 'blue' },
  })
  expect((await ask(ann, path, blue)).body).toMatchObject({ status: 409, code: 'escalation_closed' })
  expect(await mw.run(runId).outcome()).toEqual({ status: 'completed', output: 'blue' })
})

it('a question is no doubt', async () => {
  const { runId, id } = await asked()
  expect((await ask(ann, '/v1/doubts')).body).toEqual({ doubts: [], next: null })
  expect((await ask(ann, `/v1/doubts/${id}/resolve`, { happened: true })).body.code).toBe('answer_unfit')
  await mw.run(runId).cancel({ by: 'test', reason: 'over' })
  await mw.run(runId).outcome()
})

it('nobody approves their own request, and of two people each is heard once', async () => {
  const scene = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
  const hand = await scene.held({ principal: 'cleo' })
  const id = `${hand.runId}-two`
  await hand.must(hand.park({ escalations: [question(id, { people: 2, show: '{"input":1}' })] }))
  const approve = (principal: string) =>
    ask({ ...ann, principal, tenants: null }, `/v1/escalations/${id}/answer`, { decision: 'approve' })
  expect(await approve('cleo')).toMatchObject({ status: 409, body: { code: 'own_request' } })
  expect(await approve('ann')).toMatchObject({ status: 200, body: { state: 'open', people: 2, first: { by: 'ann' } } })
  expect(await approve('ann')).toMatchObject({ status: 409, body: { code: 'same_person' } })
  expect(await approve('bob')).toMatchObject({
    status: 200,
    body: { state: 'answered', by: 'bob', first: { by: 'ann' } },
  })
})
