import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { expect, expectTypeOf, test } from 'vitest'
import type { Model, ModelPort } from './port.js'
import { DEFAULT_MAX_OUTPUT_TOKENS, modelSettings } from './settings.js'

const provider = createOpenAICompatible({ name: 'desk', baseURL: 'http://127.0.0.1:9' })

test('a provider package’s model fits the port as it is', () => {
  const model: ModelPort = provider.chatModel('m')
  const languageModel: ModelPort = provider('m')
  expect([model.specificationVersion, languageModel.specificationVersion]).toEqual(['v3', 'v3'])
})

test('a model of version 4 fits the port, one of version 2 does not', () => {
  type V4 = Omit<ModelPort, 'specificationVersion'> & { readonly specificationVersion: 'v4' }
  type V2 = Omit<ModelPort, 'specificationVersion'> & { readonly specificationVersion: 'v2' }
  expectTypeOf<V4>().toExtend<ModelPort>()
  expectTypeOf<V2>().not.toExtend<ModelPort>()
  expectTypeOf<string>().not.toExtend<Model>()
})

test('a bare model gets every setting', () => {
  const model = provider('m')
  expect(modelSettings(model)).toEqual({ model, maxOutputTokens: DEFAULT_MAX_OUTPUT_TOKENS, timeoutMs: 60_000 })
})

test('given settings are kept', () => {
  const model = provider('m')
  const providerOptions = { desk: { reasoningEffort: 'low' } }
  expect(modelSettings({ model, maxOutputTokens: 800, temperature: 0, timeout: '30s', providerOptions })).toEqual({
    model,
    maxOutputTokens: 800,
    temperature: 0,
    timeoutMs: 30_000,
    providerOptions,
  })
})

test.each([
  ['an older specification', () => modelSettings({ ...provider('m'), specificationVersion: 'v2' } as never)],
  ['no model', () => modelSettings({ model: undefined } as never)],
  ['a cap of nothing', () => modelSettings({ model: provider('m'), maxOutputTokens: 0 })],
  ['half a token', () => modelSettings({ model: provider('m'), maxOutputTokens: 0.5 })],
])('%s is refused at definition', (_, define) => {
  expect(define).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
})
