import { expect, it } from 'vitest'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { assemble } from '../runtime.js'
import { destinationOf } from './destination.js'
import { providerName, serverOf } from './provider-name.js'

const named = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

it.each([
  ['asked for nothing but telemetry', {}, {}, 'otlp'],
  ['Prometheus alone', { prometheus: true }, {}, 'nowhere'],
  ['Prometheus, and an endpoint in the environment', { prometheus: true }, named, 'otlp'],
  ['no OTLP', { otlp: false }, named, 'nowhere'],
  ['no spans', { traces: false, otlp: true }, named, 'nowhere'],
  ['an environment that switches it off', { otlp: true }, { OTEL_SDK_DISABLED: 'true' }, 'nowhere'],
  ['an environment without spans', {}, { OTEL_TRACES_EXPORTER: 'none' }, 'nowhere'],
])('spans go by the options, then by the environment: %s', (_, options, env, to) => {
  expect(destinationOf('traces', options, env as NodeJS.ProcessEnv).to).toBe(to)
})

it('a URL is the base of both signals, whatever slash it ends with', () => {
  const otlp = { url: 'https://otlp.example/base/', headers: { authorization: 'Bearer t' } }
  expect(destinationOf('metrics', { otlp }, {})).toEqual({
    ...{ to: 'otlp', url: 'https://otlp.example/base/v1/metrics', headers: otlp.headers },
  })
})

it('a runtime that was put together without telemetry does not pass the option over', async () => {
  const opening = assemble({ run: [], otel: {}, alarm: () => undefined }, { ledger: memoryLedger() })
  await expect(opening).rejects.toMatchObject({ code: 'invalid_config' })
})

it('providers and servers are called as the conventions call them', () => {
  const names = ['openai.chat', 'google.vertex.chat', 'google.generative-ai', 'xai.chat', 'my-own']
  expect(names.map(providerName)).toEqual(['openai', 'gcp.vertex_ai', 'gcp.gemini', 'x_ai', 'my-own'])
  expect(serverOf('https://api.example/v1')).toEqual({ serverAddress: 'api.example', serverPort: 443 })
  expect(serverOf('http://localhost:8080/v1')).toEqual({ serverAddress: 'localhost', serverPort: 8080 })
  expect(serverOf(undefined)).toEqual({})
})
