import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'

const page = readFileSync('docs/sessions.md', 'utf8')
const snippets = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '').join('\n')

it('docs/sessions.md shows code that compiles', () => {
  const path = `${process.cwd()}/sessions-snippet.ts`
  const config = ts.readConfigFile('tsconfig.json', ts.sys.readFile).config
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile
  host.getSourceFile = (name, version, ...rest) =>
    name === path ? ts.createSourceFile(name, snippets, version) : read(name, version, ...rest)
  host.fileExists = (name) => name === path || ts.sys.fileExists(name)
  const program = ts.createProgram([path], options, host)
  const faults = ts.getPreEmitDiagnostics(program, program.getSourceFile(path))
  expect(faults.map((f) => ts.flattenDiagnosticMessageText(f.messageText, '\n'))).toEqual([])
  expect(snippets).toContain('session:')
}, 60_000)
