import { expect, it } from 'vitest'
import type { Entry, StampedCharge } from '../../core/entries.js'
import type { RunRow } from '../../core/run-row.js'
import { readRun } from './run-reader.js'

const charge = (meter: string, amount: number, at: StampedCharge['at'] = 'run') =>
  ({ at, scope: at === 'run' ? '' : 'tenant:t', meter, amount }) as StampedCharge

let entries: Entry[]
const put = (kind: Entry['kind'], facts: Entry['facts'] = {}, body: unknown = {}, ref: number | null = null) => {
  const text = body === null ? null : JSON.stringify(body)
  entries.push({ seq: entries.length + 1, kind, facts, body: text, ref } as Entry)
  return entries.length
}
/** A model call with a prompt of so many tokens, of which the charges were settled. */
const call = (tokens: number, attempt = 1) => {
  const charges = [
    charge('usd', 99, 'shared'),
    charge('input_tokens', 9_999),
    charge('output_tokens', 50),
    charge('usd', 500),
  ]
  const ref = put('begin', { step: `model#${entries.length}`, attempt, charges })
  put('settle', { did: 'performed', used: [1, tokens, 20, 70] }, {}, ref)
}
const row = (more: Partial<RunRow> = {}) =>
  ({ runId: 'r', outcome: 'completed', createdAt: 1_000, endedAt: 5_000, continuedAs: null, ...more }) as RunRow
const read = (more: Partial<RunRow> = {}) =>
  readRun(
    { journal: async ({ from = 1, limit = 1e9 }) => entries.filter(({ seq }) => seq >= from).slice(0, limit) },
    row(more),
  )

it('sums up what was settled on the run’s own meters, and how prompts grew', async () => {
  entries = []
  put('admit')
  for (const tokens of [100, 250, 400]) call(tokens)
  call(400, 2)
  expect(await read()).toMatchObject({
    ...{ tokens: 100 + 250 + 400 + 400 + 4 * 20, usdMicros: 4 * 70, steps: 3, attempts: 4, latencyMs: 4_000 },
    ...{ contextSlope: 100, outcome: 'completed', isContinued: false, isErased: false },
  })
})

it('counts what was refused, asked and signalled, and whose fault it was', async () => {
  entries = []
  for (const about of ['refused', 'refused', 'escalated', 'sleeping']) put('note', {}, { about })
  for (const signal of ['same_call', 'a_b_a_b', 'same_call']) put('note', {}, { about: 'signal', detail: { signal } })
  expect(await read({ outcome: 'failed', owner: 'tool' })).toMatchObject({
    ...{ refusals: 2, escalations: 1, signals: { same_call: 2, a_b_a_b: 1 }, owner: 'tool', contextSlope: null },
  })
})

it('knows by its code whose fault an older failure was', async () => {
  entries = []
  expect(await read({ outcome: 'failed', owner: null, detail: 'model_timeout' })).toMatchObject({ owner: 'provider' })
  expect(await read({ outcome: 'refused', owner: null, detail: 'policy' })).toMatchObject({ owner: null })
})

it('takes an attempt that another one stood in for once', async () => {
  entries = []
  const charges = [charge('usd', 500)]
  const first = put('begin', { step: 'pay#1', attempt: 1, tool: 'pay', charges })
  put('doubt', {}, { why: 'lost' }, first)
  const second = put('begin', { step: 'pay#1', attempt: 2, tool: 'pay', charges, supersedes: first })
  put('settle', { did: 'performed', used: [300] }, {}, second)
  put('settle', { did: 'performed', used: [300] }, {}, first)
  expect(await read()).toMatchObject({ usdMicros: 300, steps: 1, attempts: 2 })
})

it('reads long journals page by page, and says where words were erased', async () => {
  entries = []
  for (let n = 0; n < 300; n += 1) call(10)
  put('begin', { step: 'x', attempt: 1 }, null)
  expect(await read()).toMatchObject({ tokens: 300 * 30, steps: 301, isErased: true })
})

it('goes on behind a body that is no JSON any more', async () => {
  entries = []
  entries.push({ seq: 1, kind: 'note', facts: {}, body: '{"about":', ref: null } as unknown as Entry)
  call(10)
  expect(await read()).toMatchObject({ tokens: 30, isErased: true })
})
