import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as agents from './api-types/agents.js'
import * as negative from './api-types/negative.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const path = (name: string) => fileURLToPath(new URL(`./api-types/${name}.ts`, import.meta.url))
const EXPECTED = /@ts-expect-error/g

const options = optionsOfProject()
const host = ts.createCompilerHost(options)
const parse = host.getSourceFile.bind(host)
/** Libraries and sources are read once for all that is compiled here. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function optionsOfProject(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options
}

/** Complaints about one file, as `line: text`, where its text may be another than on disk. */
function complaints(file: string, text = readFileSync(file, 'utf8')): string[] {
  host.getSourceFile = (name, how) => {
    if (name === file) return ts.createSourceFile(name, text, how)
    if (!parsed.has(name)) parsed.set(name, parse(name, how))
    return parsed.get(name)
  }
  const program = ts.createProgram([file], options, host)
  return program.getSemanticDiagnostics(program.getSourceFile(file)).map(({ file: at, start = 0, messageText }) => {
    const line = at ? ts.getLineAndCharacterOfPosition(at, start).line + 1 : 0
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

describe('the types of the public surface', { timeout: 60_000 }, () => {
  it('infer what users write', () => {
    expect(complaints(path('agents'))).toEqual([])
  })

  it('refuse each mistake, and each option that nothing enforces yet', () => {
    expect(complaints(path('negative'))).toEqual([])
  })

  // What is shown above is worth something only if the compiler is really asked.
  it('complain of a mistake exactly where one is expected', () => {
    const text = readFileSync(path('negative'), 'utf8')
    const expected = [...text.matchAll(EXPECTED)].length
    const found = new Set(
      complaints(path('negative'), text.replaceAll(EXPECTED, 'expected')).map((c) => c.split(':')[0]),
    )
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
    ])
  })
})
