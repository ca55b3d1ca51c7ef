import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

/** All code of the page as one module, in its order. */
function codeOf(page: string): string {
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n')
}

it('docs/sub-agents.md: all of its code compiles', () => {
  const file = resolve('test/sub-agents-page.ts')
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  const text = codeOf(readFileSync('docs/sub-agents.md', 'utf8'))
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, how) => (name === file ? ts.createSourceFile(name, text, how) : read(name, how))
  const program = ts.createProgram([file], options, host)
  const found = program.getSemanticDiagnostics(program.getSourceFile(file))
  expect(text).toContain('ctx.map')
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
}, 60_000)
