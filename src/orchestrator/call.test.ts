import { expect, it } from 'vitest'
import type { Activation } from './activation.js'
import { callOf } from './call.js'
import type { Intent } from './journal.js'
import { Stop } from './stop.js'

const row = { fence: 7, runId: 'run', tenant: 'acme', session: 's', principal: null }
const engine = {
  clock: { now: () => 1_000 },
  secrets: { resolve: async (name: string, tenant: string) => `${name} of ${tenant}` },
}
const withTrace = (tracing: object | null, trace?: object) =>
  ({ run: row, engine: { ...engine, observers: { tracing } }, kin: { trace } }) as unknown as Activation
const run = withTrace(null)
const intent = { attempt: 2, effect: null } as Intent

it('tells an attempt what it needs, and leaves out what the run has not', async () => {
  const { signal: _, secret, ...call } = callOf(run, { intent, key: 'k' }, new Stop(), 500)
  expect(call).toMatchObject({ key: 'k', fence: 7n, attempt: 2, runId: 'run', tenant: 'acme', session: 's' })
  expect([call.deadline.getTime(), 'principal' in call, await secret('TOKEN')]).toEqual([1_500, false, 'TOKEN of acme'])
})

it('has the signal of its attempt, however it is read', () => {
  const stop = new Stop()
  const call = callOf(run, { intent, key: '' }, stop, 500)
  const { signal } = call
  const behind = new Proxy(call, {})
  expect([signal, { ...call }.signal, behind.signal, Object.create(call).signal]).toEqual(Array(4).fill(stop.signal))
  expect(Object.keys(call)).toContain('signal')
})

it('hands on its own span, else the trace of the caller, else none', () => {
  const of = (from: Activation) => callOf(from, { intent, key: '' }, new Stop(), 500)
  const callers = { traceparent: 'theirs', tracestate: 'a=1' }
  const own = { contextOf: (runId: string) => (runId === 'run' ? { traceparent: 'own' } : undefined) }
  expect(of(withTrace(own, callers))).toMatchObject({ traceparent: 'own' })
  expect(of(withTrace(null, callers))).toMatchObject(callers)
  expect('traceparent' in of(run)).toBe(false)
})
