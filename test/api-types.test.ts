import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import * as agents from './api-types/agents.js'
import * as negative from './api-types/negative.js'
import { complaintsOf } from './compiled.js'

const path = (name: string) => fileURLToPath(new URL(`./api-types/${name}.ts`, import.meta.url))
const EXPECTED = /@ts-expect-error/g

describe('the types of the public surface', { timeout: 60_000 }, () => {
  const texts = new Map(['agents', 'negative'].map((name) => [path(name), readFileSync(path(name), 'utf8')]))
  let complaints = new Map<string, string[]>()
  // Both in one program: most of the time goes into the types of the libraries.
  beforeAll(() => {
    complaints = complaintsOf(texts)
  })

  it('infer what users write', () => {
    expect(complaints.get(path('agents'))).toEqual([])
  })

  it('refuse each mistake, and each option that nothing enforces yet', () => {
    expect(complaints.get(path('negative'))).toEqual([])
  })

  // What is shown above is worth something only if the compiler is really asked.
  it('complain of a mistake exactly where one is expected', () => {
    const text = texts.get(path('negative')) ?? ''
    const expected = [...text.matchAll(EXPECTED)].length
    const bare = complaintsOf(new Map([[path('negative'), text.replaceAll(EXPECTED, 'expected')]]))
    const found = new Set([...bare.values()].flat().map((c) => c.split(':')[0]))
    expect(expected).toBeGreaterThan(60)
    expect(found.size).toBe(expected)
  })
})

describe('what compiles can be defined', () => {
  it('every agent and flow, with ceilings whether it named any or not', () => {
    const definitions = Object.values(agents).flatMap((one) => ('definition' in one ? [one.definition] : []))
    expect(definitions.map((d) => d.name).sort()).toEqual([
      ...[
        'cart',
        'concierge',
        'gaps',
        'inline',
        'invoice',
        'lead',
        'nightly',
        'pages',
        'reader',
        'refund-desk',
        'research',
        'triage',
        'triage-over-mcp',
        'weekly',
      ],
    ])
    for (const { ceilings } of definitions) expect(ceilings.length).toBeGreaterThan(10)
  })

  it('and so can the right twin of each mistake', () => {
    const { right, ...mistakes } = negative
    expect(right).not.toThrow()
    expect(Object.keys(mistakes).sort()).toEqual([
      'flows',
      'notYet',
      'ofServers',
      'policies',
      'rehearsals',
      'schedules',
      'sessions',
      'texts',
      'tools',
      'tripwires',
      'unsure',
    ])
  })
})
