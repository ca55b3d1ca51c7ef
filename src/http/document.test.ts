import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../core/errors.js'
import { aboutItself } from './about.js'
import { codesOf, documentOf } from './document.js'
import { ENDPOINTS } from './endpoints.js'
import { STATUSES } from './statuses.js'

const all = aboutItself(ENDPOINTS, '')
const document = JSON.parse(JSON.stringify(documentOf(all, { at: '/api', version: '1.2.3' }))) as {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: object; securitySchemes: object }
}
interface Operation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object; readonly example?: unknown }> }
  readonly responses: Record<
    string,
    { readonly content?: Record<string, { readonly examples?: Record<string, unknown> }> }
  >
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Every value of a field of this name, however deep. */
function valuesOf(name: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) return []
  return Object.entries(within).flatMap(([key, value]) => [...(key === name ? [value] : []), ...valuesOf(name, value)])
}

describe('the document', () => {
  it('is OpenAPI 3.1 of this mount, with its security scheme', () => {
    expect([document.openapi, document.servers, Object.keys(document.components.securitySchemes)]).toEqual([
      '3.1.0',
      [{ url: '/api' }],
      ['token'],
    ])
  })

  it('names every operation once, and every parameter of its path', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(all.length)
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const told = (operation.parameters ?? []).filter((one) => one.in === 'path' && one.required)
      expect(told.map(({ name }) => name)).toEqual(named)
    }
  })

  it('refers to nothing that is not there, and its patterns can be read', () => {
    const refs = valuesOf('$ref', document).map((ref) => String(ref).replace('#/components/schemas/', ''))
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) expect(document.components.schemas).toHaveProperty(ref)
    for (const pattern of valuesOf('pattern', document.paths))
      expect(() => new RegExp(String(pattern), 'u')).not.toThrow()
  })

  it('gives an example of each body, which its own route takes, and of each code that a route answers', () => {
    for (const one of all) {
      const operation = document.paths[one.path]?.[one.method]
      if (one.example !== undefined) expect(one.body?.safeParse(one.example).error).toBeUndefined()
      const told = Object.values(operation?.responses ?? {}).flatMap(({ content }) =>
        Object.keys(content?.['application/problem+json']?.examples ?? {}),
      )
      expect(told.sort()).toEqual([...codesOf(one)].sort())
    }
  })

  it('asks for a token wherever a role is needed', () => {
    for (const one of all) {
      expect(document.paths[one.path]?.[one.method]?.security).toEqual(one.role === null ? [] : [{ token: [] }])
    }
  })
})

it('every code with a status is one of the catalogue, and 429 is of a rate limit alone', () => {
  for (const code of Object.keys(STATUSES)) expect(ERROR_CODES).toHaveProperty(code)
  expect(Object.entries(STATUSES).filter(([, status]) => status === 429)).toEqual([['rate_limited', 429]])
})
