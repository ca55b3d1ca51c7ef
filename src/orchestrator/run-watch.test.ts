import { afterEach, beforeEach, expect, it } from 'vitest'
import { ByHand } from '../../test/by-hand.js'
import { type Heard, NIGHT, otelDesk, SECRET, WORDS } from '../../test/otel/desk.js'
import type { Observed } from '../core/observed.js'
import type { Midwatch } from '../runtime.js'

let hand: ByHand
let heard: Heard[]
let events: Observed[]
let mw: Midwatch
let runId: string

beforeEach(() => {
  hand = new ByHand()
  heard = []
  events = []
})
afterEach(() => hand.stop())

/** The whole night, with the approval that it asks for. */
async function night(options: { trace?: { traceparent: string } } = {}): Promise<void> {
  const desk = otelDesk(heard)
  mw = await hand.runtime([desk], {}, '4d', 64, true, { secrets: () => SECRET })
  mw.observe((event) => events.push(event))
  const { id } = await mw.start(desk, { input: { message: NIGHT }, ...options })
  runId = id
  const question = await hand.question(id)
  await mw.ledger.answer({ id: question, decision: 'approve', by: 'ann' })
  expect(await hand.outcome(mw, id, 200)).toMatchObject({ status: 'completed' })
}

const of = <K extends Observed['kind']>(kind: K) =>
  events.filter((event): event is Extract<Observed, { kind: K }> => event.kind === kind)

it('tells the whole night of a run, in order', async () => {
  await night()
  const own = events.filter((event) => 'run' in event && event.run.runId === runId && event.kind !== 'model.asked')
  const line = own.map((event) => ('name' in event ? `${event.kind} ${event.name}` : event.kind))
  const turn = (...told: string[]) => [
    ...['step.proposed scripted/broken', 'begin.granted scripted/broken', 'attempt.over scripted/broken'],
    ...[
      'fallback scripted/small',
      'begin.granted scripted/small',
      ...told.slice(0, 1).filter((one) => one === 'verdict'),
    ],
    ...['attempt.over scripted/small', 'step.over scripted/small', ...told.filter((one) => one !== 'verdict')],
  ]
  expect(line).toEqual([
    ...['run.admitted', 'run.taken_up'],
    ...turn('verdict', 'step.proposed find_order', 'begin.granted find_order'),
    ...['attempt.over find_order', 'step.over find_order'],
    ...turn('verdict', 'step.proposed issue_refund', 'refused', 'step.over issue_refund'),
    ...turn('verdict', 'step.proposed issue_refund', 'escalation.asked', 'run.parked', 'run.taken_up'),
    ...['escalation.answered', 'begin.granted issue_refund', 'doubt.raised issue_refund', 'run.parked', 'run.taken_up'],
    ...['doubt.resolved issue_refund', 'run.parked', 'run.taken_up', 'begin.granted issue_refund'],
    ...['attempt.over issue_refund', 'step.over issue_refund'],
    ...turn('verdict', 'step.proposed scribe', 'call.began scribe', 'run.parked', 'run.taken_up'),
    ...['call.ended scribe', 'step.over scribe'],
    ...turn('run.ended'),
  ])
})

it('says what was decided, by what, and how long it took', async () => {
  await night()
  expect(of('verdict').map(({ tool, verdict, rule }) => [tool, verdict, rule])).toEqual([
    ['find_order', 'allow', null],
    ['issue_refund', 'refuse', 'rules.issue_refund'],
    ['issue_refund', 'escalate', 'rules.issue_refund'],
    ['scribe', 'allow', null],
  ])
  expect(of('refused')).toMatchObject([{ reason: 'policy', rule: 'rules.issue_refund' }])
  expect(of('escalation.asked')).toMatchObject([{ about: 'approval', to: 'finance' }])
  expect(of('escalation.answered')).toMatchObject([{ decision: 'approve' }])
  expect(of('doubt.raised')).toMatchObject([{ name: 'issue_refund', why: 'threw', attempt: 1 }])
  expect(of('doubt.resolved')).toMatchObject([{ did: 'not_performed', source: 'check' }])
  expect(of('run.parked').map(({ waits }) => waits)).toEqual(['person', 'doubt', 'retry', 'child'])
  expect(of('run.ended').map(({ run, outcome }) => [run.agent, outcome])).toEqual([
    ['scribe', 'completed'],
    ['desk', 'completed'],
  ])
  expect(of('run.admitted').map(({ run, how, isNew }) => [run.agent, how, isNew])).toEqual([
    ['desk', 'started', true],
    ['scribe', 'called', true],
  ])
  expect(of('batch.applied').every(({ ops, groups, tries }) => ops >= groups && groups >= 1 && tries === 1)).toBe(true)
  expect(of('claimed').reduce((sum, { got }) => sum + got, 0)).toBe(of('run.taken_up').length)
})

it('tells of a model what it was asked and what it used', async () => {
  await night()
  expect(of('model.asked')[0]).toMatchObject({ provider: 'scripted', model: 'broken', maxOutputTokens: 700 })
  expect(of('model.asked')[0]).toMatchObject({ temperature: 0.2, isStream: false })
  const [failed, said] = of('attempt.over')
  expect(failed).toMatchObject({ did: 'failed', fault: 'auth', usage: { inputTokens: 0 } })
  expect(said).toMatchObject({ did: 'performed', fault: null, finish: 'tool_calls' })
  expect(said?.usage).toMatchObject({ inputTokens: expect.any(Number), usdMicros: expect.any(Number) })
  expect(of('begin.granted')[0]?.charges.find(({ meter }) => meter === 'usd')?.amount).toBeGreaterThan(0)
})

it('hands words out only to who asks, and secrets to nobody', async () => {
  await night()
  const said = of('attempt.over').find(({ name }) => name === 'issue_refund')
  expect(said?.output()).toBe(`{"by":"${WORDS}","paidWith":"[secret PAYMENTS_TOKEN]"}`)
  expect(
    of('begin.granted')
      .find(({ name }) => name === 'find_order')
      ?.input(),
  ).toContain(WORDS)
  expect(JSON.stringify(of('model.asked').map(({ prompt }) => prompt()))).toContain(WORDS)
  expect(JSON.stringify(of('model.asked').map(({ prompt }) => prompt()))).not.toContain(SECRET)
  expect(JSON.stringify(events)).not.toContain(WORDS)
  expect(JSON.stringify(events)).not.toContain(SECRET)
})

it('the trace of the caller reaches what the run calls, and the tools', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await night({ trace: { traceparent } })
  expect(of('run.taken_up').map(({ run, trace }) => [run.agent, trace?.traceparent])).toEqual(
    ['desk', 'desk', 'desk', 'desk', 'scribe', 'desk'].map((name) => [name, traceparent]),
  )
  expect(heard).toContainEqual({ tool: 'issue_refund', traceparent })
})

it('a switch that is met is told of, where it was met', async () => {
  const desk = otelDesk(heard)
  mw = await hand.runtime([desk])
  mw.observe((event) => events.push(event))
  await mw.ledger.engage({ scope: 'tool:find_order', mode: 'hold', by: 'ann' })
  await mw.start(desk, { input: { message: NIGHT } })
  await hand.until(() => of('kill.met').length > 0)
  expect(of('begin.refused')).toMatchObject([{ name: 'find_order', code: 'switched' }])
  await mw.ledger.engage({ scope: 'agent:desk', mode: 'end', by: 'ann' })
  await hand.until(() => of('run.ended').length > 0)
  expect(of('run.ended')).toMatchObject([{ outcome: 'killed', detail: 'agent:desk' }])
  expect(of('kill.met').map(({ scope, where }) => [scope, where])).toEqual([
    ['tool:find_order', 'begin'],
    ['agent:desk', 'claim'],
  ])
})
