import { readFileSync } from 'node:fs'
import { flow } from 'midwatch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api } from '../src/http/app.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { makeToken } from '../src/runtime/make-token.js'
import { assemble, type Midwatch } from '../src/runtime.js'
import { declaredApi } from './api/declared.js'

const page = readFileSync('docs/http.md', 'utf8')
const blocks = (kind: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code ?? '')
const examples = blocks('sh').flatMap((code) => code.trim().split('\n'))

/** The desk of the page: it asks a person each time. */
const desk = flow({
  name: 'refund-desk',
  version: 1,
  input: z.object({ message: z.string() }),
  run: (ctx) =>
    ctx.ask({ question: 'Which colour?', to: 'design', within: '1h', answer: z.string(), otherwise: 'grey' }),
})

const ledger = memoryLedger()
let mw: Midwatch
const said: Record<string, string> = {}
beforeAll(async () => {
  mw = await assemble({ run: [desk], alarm: () => undefined }, { ledger })
  said.TOKEN = (
    await makeToken(ledger, { name: 'me', role: 'admin', tenants: null, expiresInMs: null, by: 'test' })
  ).text
})
afterAll(() => mw.stop())

/** A line as a shell and curl read it. */
function requestOf(line: string): Request {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => {
    return single ?? (double ?? bare ?? '').replace(/\$([A-Z]+)/g, (_, name) => said[name] ?? '')
  })
  const given: { method?: string; body?: string; headers: Record<string, string> } = { headers: {} }
  let url = ''
  for (let i = 1; i < words.length; i += 1) {
    const [word = '', next = ''] = [words[i], words[i + 1]]
    if (word === '-X') given.method = next
    else if (word === '-d') given.body = next
    else if (word === '-H') given.headers[next.split(': ')[0] ?? ''] = next.split(': ')[1] ?? ''
    else url = word
    if (/^-/.test(word)) i += 1
  }
  return new Request(url, given)
}

describe('docs/http.md', () => {
  it('shows requests that are answered, one after the other', async () => {
    const { fetch } = declaredApi(api(mw))
    expect(examples.length).toBeGreaterThan(12)
    for (const line of examples) {
      expect(line).toMatch(/^curl /)
      const response = await fetch(requestOf(line))
      const body = (await response.json()) as { runId?: string }
      expect([line, response.status, body]).toEqual([line, line.includes('Idempotency-Key') ? 201 : 200, body])
      if (body.runId !== undefined && said.RUN === undefined) said.RUN = body.runId
      if (line.includes('/sessions/ann/messages')) said.ESCALATION = await askedBy(body.runId ?? '')
    }
  })

  it('has every route, with its role, and no other', async () => {
    const { fetch } = api(mw, { metrics: async () => '' })
    const document = (await (await fetch(new Request('http://localhost/openapi.json'))).json()) as {
      paths: Record<string, Record<string, { description?: string }>>
    }
    const told = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { description = 'Least role: everybody.' }]) => {
        return `${method.toUpperCase()} ${path}: ${description.replace(/Least role: (\w+)\./, '$1')}`
      }),
    )
    const rows = [...page.matchAll(/^\| `([A-Z]+ \/\S+)` \| (\w+)/gm)].map(([, route, role]) => `${route}: ${role}`)
    expect(rows.sort()).toEqual(told.sort())
  })
})

async function askedBy(runId: string): Promise<string> {
  for await (const _event of mw.run(runId).events()) {
    const [open] = await ledger.escalations({ runId, state: 'open' })
    if (open) return open.id
  }
  throw new Error('Nobody was asked.')
}
