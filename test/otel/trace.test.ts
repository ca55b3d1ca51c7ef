import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { derivedTraceId } from '../../src/core/trace.js'
import { flow } from '../../src/index.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { loadTelemetry } from '../../src/otel/load.js'
import { assemble, type Midwatch, type MidwatchOptions } from '../../src/runtime.js'
import { escalated } from '../runtime-on.js'
import { Collector } from './collector.js'
import { type Heard, otelDesk } from './desk.js'

let collector: Collector
let url: string
let ledger: ReturnType<typeof memoryLedger>
const open: Midwatch[] = []

beforeEach(async () => {
  collector = new Collector()
  url = await collector.start()
  ledger = memoryLedger()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(open.splice(0).map((mw) => mw.stop()))
  await collector.stop()
})

async function runtime(run: MidwatchOptions['run'], more: Partial<MidwatchOptions> = {}): Promise<Midwatch> {
  const options = { run, otel: { otlp: { url }, metrics: false }, ...more }
  const mw = await assemble(options, { ledger, telemetry: loadTelemetry })
  open.push(mw)
  return mw
}

const spansOf = (name: string) => collector.spans.filter((span) => span.name === name)
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

it('a run that two processes work is one trace, and the second is linked to the first', async () => {
  const desk = otelDesk()
  const [first, second] = [await runtime([desk]), () => runtime([desk])]
  const { id } = await first.start(desk, { input: { message: 'refund W1 150; write it' } })
  const question = await escalated(first, id)
  await first.stop()
  const heir = await second()
  await heir.ledger.answer({ id: question, decision: 'approve', by: 'ann' })
  await heir.run(id).outcome()
  await heir.stop()
  expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([derivedTraceId(id)]))
  const stretches = spansOf('invoke_agent desk')
  expect(stretches[0]?.attributes['midwatch.waits']).toBe('person')
  expect(stretches[1]?.attributes['midwatch.kept']).toBe(false)
  expect(stretches[1]?.links.map(({ spanId }) => spanId)).toEqual([stretches[0]?.spanId])
})

it("a caller's trace goes through the run, its child and its tools, with its state", async () => {
  const heard: Heard[] = []
  const desk = otelDesk(heard)
  const mw = await runtime([desk])
  const trace = { traceparent, tracestate: 'vendor=1' }
  await mw.start(desk, { input: { message: 'find W1; write it' }, trace }).then((run) => run.outcome())
  await mw.stop()
  expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  expect(spansOf('invoke_agent desk').map(({ parentSpanId }) => parentSpanId)).toEqual(
    Array(2).fill('00f067aa0ba902b7'),
  )
  expect(spansOf('execute_tool find_order')[0]?.traceState).toBe('vendor=1')
  expect(heard[0]?.traceparent).toBe(`00-${traceId}-${spansOf('execute_tool find_order')[0]?.spanId}-01`)
})

it('what a caller does not record is not recorded, and its tools hear of that', async () => {
  const heard: Heard[] = []
  const desk = otelDesk(heard)
  const mw = await runtime([desk])
  const trace = { traceparent: traceparent.replace(/01$/, '00') }
  await mw.start(desk, { input: { message: 'find W1; write it' }, trace }).then((run) => run.outcome())
  await mw.stop()
  expect(collector.spans).toEqual([])
  expect(heard[0]?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
})

it('a sampler of the environment decides for a whole run, whoever works it and whatever it calls', async () => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_traceidratio')
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0.5')
  const desk = otelDesk()
  const [mw, other] = [await runtime([desk]), await runtime([desk])]
  const runs = await Promise.all(
    Array.from({ length: 24 }, () => mw.start(desk, { input: { message: 'find W1; write it' } })),
  )
  await Promise.all(runs.map((run) => run.outcome()))
  await Promise.all([mw.stop(), other.stop()])
  const names = new Map<string, Set<string>>()
  for (const { traceId: of, name } of collector.spans) names.set(of, (names.get(of) ?? new Set()).add(name))
  const whole = [
    'call scribe',
    'chat broken',
    'chat pen',
    'chat small',
    'execute_tool find_order',
    'invoke_agent desk',
    'invoke_agent scribe',
  ]
  for (const seen of names.values()) expect([...seen].sort()).toEqual(whole)
  expect(names.size).toBeLessThan(24)
})

it('a turn is linked to the turn before it, of whatever trace that was', async () => {
  const talk = flow({
    name: 'talk',
    version: 1,
    input: z.object({ say: z.string() }),
    session: { state: z.object({}), version: 1, initial: {}, remember: 4 },
    run: async (_ctx, { say }) => say,
  })
  const mw = await runtime([talk])
  const said = async (say: string, more = {}) =>
    (await mw.send(talk, 'case-1', { say }, { key: say, ...more })).outcome()
  await said('one', { trace: { traceparent } })
  await said('two')
  await mw.stop()
  const [one, two] = spansOf('invoke_workflow talk')
  expect(one?.traceId).toBe(traceId)
  expect(two?.traceId).not.toBe(traceId)
  expect(two?.links.map((link) => [link.traceId, link.spanId])).toEqual([[traceId, one?.spanId]])
})

it('a collector that is away is told of once, and holds up neither runs nor the end', async () => {
  collector.status = 503
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '200')
  const alarms: string[] = []
  const desk = otelDesk()
  const mw = await runtime([desk], { alarm: (what) => alarms.push(what) })
  const outcome = await mw.start(desk, { input: { message: 'find W1' } }).then((run) => run.outcome())
  expect(outcome.status).toBe('completed')
  const since = performance.now()
  await mw.stop()
  expect(performance.now() - since).toBeLessThan(10_000)
  expect(alarms.filter((what) => what.startsWith('Spans do not reach'))).toHaveLength(1)
})
