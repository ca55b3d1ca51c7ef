import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'

const page = readFileSync('docs/mcp.md', 'utf8')
const snippets = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '').join('\n')

it('docs/mcp.md shows code that compiles', () => {
  const path = `${process.cwd()}/mcp-snippet.ts`
  const config = ts.readConfigFile('tsconfig.json', ts.sys.readFile).config
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  // What a snippet defines is for the reader to use.
  const host = ts.createCompilerHost({ ...options, noUnusedLocals: false })
  const read = host.getSourceFile
  host.getSourceFile = (name, version, ...rest) =>
    name === path ? ts.createSourceFile(name, snippets, version) : read(name, version, ...rest)
  host.fileExists = (name) => name === path || ts.sys.fileExists(name)
  const program = ts.createProgram([path], { ...options, noUnusedLocals: false }, host)
  const faults = ts.getPreEmitDiagnostics(program, program.getSourceFile(path))
  expect(faults.map((f) => ts.flattenDiagnosticMessageText(f.messageText, '\n'))).toEqual([])
  expect(snippets).toContain('mcpTools(')
}, 60_000)
