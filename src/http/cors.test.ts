import { expect, it } from 'vitest'
import { allowedOrigin, withAllowedOrigin } from './cors.js'

const asked = (method: string, origin?: string, url = 'http://localhost:4700/v1/runs') =>
  new Request(url, { method, headers: origin === undefined ? {} : { origin } })
const listed = ['https://desk.example.com']

it.each([
  ['no origin', asked('POST'), null],
  ['its own', asked('POST', 'http://localhost:4700'), null],
  ['its own behind TLS', asked('POST', 'https://localhost:4700'), null],
  ['a listed one', asked('POST', 'https://desk.example.com'), 'https://desk.example.com'],
  ['a foreign one that reads', asked('GET', 'https://evil.example'), null],
])('%s is let in', (_, request, origin) => {
  expect(allowedOrigin(request, listed)).toBe(origin)
})

it.each([
  'https://evil.example',
  'null',
  'http://localhost:4701',
  'http://localhost:4700.evil.example',
  'http://desk.example.com',
])('a page of %s changes nothing', (origin) => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    expect(allowedOrigin(asked(method, origin), listed)).toMatchObject({ code: 'foreign_origin', status: 403 })
  }
})

it('only a listed origin is told to browsers', () => {
  const header = (origin: string | null) =>
    withAllowedOrigin(new Response(), origin).headers.get('access-control-allow-origin')
  expect([header(null), header('https://desk.example.com')]).toEqual([null, 'https://desk.example.com'])
})
