import { existsSync, readFileSync } from 'node:fs'
import { z } from '@hono/zod-openapi'
import { ERROR_CODES } from '../core/errors.js'
import { documentOf } from './document.js'
import { type Endpoint, endpoint } from './endpoint.js'
import { problem } from './problem.js'
import { name, nothing } from './shapes.js'

const ROOT = new URL('../../', import.meta.url)

/** These endpoints, with those that tell of all of them: the document, and a page for each code of the catalogue. */
export function aboutItself(endpoints: readonly Endpoint[], at: string): readonly Endpoint[] {
  const all: Endpoint[] = [...endpoints, errorPage]
  let document: object | undefined
  const openapi = endpoint({
    method: 'get',
    path: '/openapi.json',
    tag: 'process',
    says: 'This document.',
    role: null,
    params: nothing,
    query: z.object({}),
    body: null,
    answers: { 200: { says: 'OpenAPI 3.1.', shape: z.looseObject({ openapi: z.string() }) } },
    refusals: [],
    act: async () => {
      document ??= documentOf(all, { at, version: versionOf() })
      return { body: document }
    },
  })
  all.push(openapi)
  return all
}

const errorPage = endpoint({
  method: 'get',
  path: '/errors/{code}',
  tag: 'process',
  says: 'The page of one code: what happened, why, and what to do.',
  role: null,
  params: z.strictObject({ code: name('A code of the catalogue.', 'start_conflict') }),
  query: z.object({}),
  body: null,
  answers: { 200: { says: 'Markdown.', type: 'text/markdown' } },
  refusals: ['not_found'],
  act: async ({ params: { code } }) => {
    const page = new URL(`docs/errors/${code}.md`, ROOT)
    // Only names of the catalogue become paths.
    if (!Object.hasOwn(ERROR_CODES, code) || !existsSync(page)) return problem('not_found', 'There is no such code.')
    return new Response(readFileSync(page), { headers: { 'content-type': 'text/markdown; charset=utf-8' } })
  },
})

const versionOf = (): string => String(JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')).version)
