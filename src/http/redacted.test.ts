import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { declaredApi } from '../../test/api/declared.js'
import { ROLES, type Role } from '../core/access.js'
import { escalate } from '../govern/verdict.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { agent } from '../orchestrator/agent.js'
import { assemble, type Midwatch } from '../runtime.js'
import { scriptedModel } from '../testing/index.js'
import { tool } from '../tools/tool.js'
import { type Api, api } from './app.js'

const CANARY = 'canary-4711'
const secret = z.string().meta({ private: true })
const pay = tool({
  name: 'pay',
  description: 'Pay somebody.',
  input: z.object({ iban: secret, city: z.string() }),
  effect: 'keyed',
  keyRemembered: '1h',
  execute: async ({ iban }) => ({ paid: iban }),
})
const clerk = agent({
  name: 'clerk',
  version: 1,
  model: scriptedModel({
    replies: [
      { text: `For ${CANARY}.`, toolCalls: [{ name: 'pay', input: { iban: CANARY, city: 'Lisbon' } }] },
      { text: '', toolCalls: [{ name: 'complete', input: { resolution: CANARY, city: 'Lisbon' } }] },
    ],
  }),
  input: z.object({ ssn: secret, city: z.string() }),
  outcome: z.object({ resolution: secret, city: z.string() }),
  instructions: 'Pay.',
  session: {
    state: z.object({ last: secret }),
    version: 1,
    initial: { last: '' },
    evolve: (_, { input }) => ({ last: input.ssn }),
  },
  tools: [pay],
  rules: { pay: () => escalate({ to: 'fay', within: '1h', otherwise: 'refuse' }) },
})

let mw: Midwatch
let served: Api
let runId = ''
beforeAll(async () => {
  mw = await assemble({ run: [clerk], alarm: () => undefined }, { ledger: memoryLedger() })
  served = declaredApi(
    api(mw, {
      // Everybody is somebody else: nobody approves what they asked for.
      access: ({ headers }) => {
        const role = headers.get('authorization') as Role
        return { principal: role, role, tenants: null, tokenId: null }
      },
    }),
  )
  const started = await post('operator', '/v1/sessions/s/messages', {
    agent: 'clerk',
    input: { ssn: CANARY, city: 'Lisbon' },
  })
  runId = started.runId
  for await (const _event of mw.run(runId).events()) {
    const [open] = await mw.ledger.escalations({ state: 'open', runId })
    if (open) break
  }
})
afterAll(() => mw.stop())

// biome-ignore lint/suspicious/noExplicitAny: each route has a document of its own
async function ask(role: Role, path: string, more: RequestInit = {}): Promise<any> {
  const headers = { authorization: role, 'idempotency-key': 'k', 'content-type': 'application/json' }
  const response = await served.fetch(new Request(`http://localhost${path}`, { headers, ...more }))
  expect(response.status).toBeLessThan(300)
  return response.json()
}
const post = (role: Role, path: string, body: unknown) =>
  ask(role, path, { method: 'POST', body: JSON.stringify(body) })

/** What a stream of a run that has ended tells, as its text. */
async function stream(role: Role, path: string): Promise<string> {
  const response = await served.fetch(new Request(`http://localhost${path}`, { headers: { authorization: role } }))
  expect(response.status).toBe(200)
  return response.text()
}

/** Events of the whole ledger from its start on, up to the end of the run. */
async function firstEvents(role: Role): Promise<string> {
  const request = new Request('http://localhost/v1/events?from=start', { headers: { authorization: role } })
  const { body } = await served.fetch(request)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('"kind":"end"')) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  return text
}

const leaks = (told: unknown): string[] => JSON.stringify(told).match(/.{0,60}canary-4711/g) ?? []

/** Everything that tells of a run. */
const all = async (role: Role) => {
  const paths = ['/v1/runs', `/v1/runs/${runId}`, `/v1/runs/${runId}/journal`, '/v1/sessions', '/v1/sessions/s']
  const asked = '/v1/escalations?state='
  return Promise.all([...paths, `${asked}open`, `${asked}answered`].map((path) => ask(role, path)))
}

describe('private fields over HTTP', () => {
  it('are shown to approvers and admins alone, while a person is asked and afterwards', async () => {
    const told = await Promise.all(ROLES.map(async (role) => [role, leaks(await all(role)).length > 0]))
    expect(Object.fromEntries(told)).toEqual({ viewer: false, operator: false, approver: true, admin: true })
    const [open] = (await ask('viewer', '/v1/escalations')).escalations
    expect(open).toMatchObject({ tool: 'pay', show: { input: { iban: '[private]', city: 'Lisbon' } } })
    expect(leaks(await ask('viewer', `/v1/escalations/${open.id}`))).toEqual([])
    await post('approver', `/v1/escalations/${open.id}/answer`, { decision: 'approve', note: `as ${CANARY} asked` })
    await mw.run(runId).outcome()
    for (const role of ['viewer', 'operator'] as const) expect(leaks(await all(role))).toEqual([])
    for (const role of ['approver', 'admin'] as const) expect(leaks(await all(role)).length).toBeGreaterThan(5)
    expect(await ask('viewer', `/v1/runs/${runId}`)).toMatchObject({
      input: { ssn: '[private]', city: 'Lisbon' },
      result: { status: 'completed', output: { resolution: '[private]', city: 'Lisbon' } },
    })
    expect((await ask('operator', '/v1/sessions/s')).state).toEqual({ version: 1, value: { last: '[private]' } })
    expect((await ask('admin', '/v1/sessions/s')).state).toEqual({ version: 1, value: { last: CANARY } })
  })

  it.each([`events`, 'stream'])('are in no %s of a run for who may not see them', async (what) => {
    const told = await Promise.all(ROLES.map((role) => stream(role, `/v1/runs/${runId}/${what}`)))
    expect(told.map((text) => text.includes('Lisbon'))).toEqual([true, true, true, true])
    expect(told.map((text) => leaks(text).length > 0)).toEqual([false, false, true, true])
  })

  it('are in no event of the whole ledger for who may not see them', async () => {
    const told = await Promise.all(ROLES.map((role) => firstEvents(role)))
    expect(told.map((text) => text.includes('Lisbon'))).toEqual([true, true, true, true])
    expect(told.map((text) => leaks(text).length > 0)).toEqual([false, false, true, true])
  })
})
