import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

/** All code of a page as one module, in its order. */
function codeOf(page: string): string {
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n')
}

const PAGES = ['stages', 'approvals']

it('all code of the pages about what an agent may do compiles', () => {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  const texts = new Map(
    PAGES.map((page) => [resolve(`test/${page}-page.ts`), codeOf(readFileSync(`docs/${page}.md`, 'utf8'))]),
  )
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, how) => {
    const text = texts.get(name)
    return text === undefined ? read(name, how) : ts.createSourceFile(name, text, how)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  const found = [...texts.keys()].flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)))
  for (const text of texts.values()) expect(text).toContain('agent({')
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
}, 60_000)
