import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/** Their code is run by tests of their own, which load it as files. */
const ELSEWHERE = new Set([
  'bring-your-own.md',
  'past.md',
  'rehearsal.md',
  'rehearsal-real.md',
  'schedules.md',
  'versions.md',
])

/** All code of a page is one module, in its order. */
const codeOf = (page: string): string =>
  [...readFileSync(page, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n')

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.md') && !ELSEWHERE.has(file))
const codes = new Map(
  ['README.md', ...pages.map((file) => `docs/${file}`)]
    .map((page) => [page, codeOf(page)] as const)
    .filter(([, code]) => code !== ''),
)

/** One program for all pages: most of the time goes into the types of the libraries. */
function faultsByPage(): Map<string, string[]> {
  const files = new Map(
    [...codes].map(([page, code]) => [resolve(`test/page-of-${page.replace(/\W/g, '-')}.ts`), code]),
  )
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, how) => {
    const code = files.get(name)
    return code === undefined ? read(name, how) : ts.createSourceFile(name, `${code}\nexport {}\n`, how)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  const faults = [...files.keys()].map((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
  return new Map(
    [...codes.keys()].map((page, i) => [
      page,
      (faults[i] ?? []).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    ]),
  )
}

describe('pages with code', () => {
  it('are found', () => {
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['README.md', 'docs/sessions.md', 'docs/sub-agents.md']))
  })

  it('show code that compiles', () => {
    expect([...faultsByPage()].filter(([, faults]) => faults.length > 0)).toEqual([])
  }, 120_000)
})
