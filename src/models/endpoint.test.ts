import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { expect, it } from 'vitest'
import { endpointOf } from './endpoint.js'
import type { ModelPort } from './port.js'

const configured = (config: object) => ({ config }) as unknown as ModelPort

it('is what a provider of the AI SDK is set to, without what is secret in it', () => {
  const provider = createOpenAICompatible({ name: 'own', baseURL: 'http://localhost:8080/v1' })
  expect(endpointOf(provider('m') as ModelPort)).toBe('http://localhost:8080/v1')
  expect(endpointOf(configured({ baseURL: 'https://user:word@host.example/v1?key=k' }))).toBe('https://host.example/v1')
})

it('is unknown where the model object does not tell, or tells nonsense', () => {
  const throws = () => {
    throw new Error('no')
  }
  for (const config of [{}, { baseURL: 7 }, { baseURL: 'nonsense' }, { baseURL: 'file:///etc' }, { url: throws }]) {
    expect(endpointOf(configured(config))).toBeUndefined()
  }
  expect(endpointOf({} as ModelPort)).toBeUndefined()
})
