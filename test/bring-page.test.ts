import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const page = readFileSync('docs/bring-your-own.md', 'utf8')
const blocks = [...page.matchAll(/```ts ?(\w*)\n([\s\S]*?)```/g)].map(([, mark, code]) => ({ mark, code: code ?? '' }))
const example = (name: string) => readFileSync(`examples/bring-your-own/${name}.ts`, 'utf8')

describe('docs/bring-your-own.md', () => {
  it('shows before and after as the example has them, which is run', () => {
    const block = (mark: string) => blocks.find((one) => one.mark === mark)?.code
    expect(block('before')).toBe(example('agent-before'))
    expect(block('after')).toBe(example('agent-after'))
  })

  it('shows code that compiles, beside the files of the example', () => {
    const folder = `${process.cwd()}/examples/bring-your-own`
    const files = new Map(blocks.map(({ code }, i) => [`${folder}/page-${i}.ts`, code]))
    const config = ts.readConfigFile('tsconfig.json', ts.sys.readFile).config
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
    const host = ts.createCompilerHost(options)
    const read = host.getSourceFile
    host.getSourceFile = (name, version, ...rest) =>
      files.has(name) ? ts.createSourceFile(name, files.get(name) ?? '', version) : read(name, version, ...rest)
    host.fileExists = (name) => files.has(name) || ts.sys.fileExists(name)
    const program = ts.createProgram([...files.keys()], options, host)
    const faults = [...files.keys()].flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)))
    expect(faults.map((f) => ts.flattenDiagnosticMessageText(f.messageText, '\n'))).toEqual([])
    expect(files.size).toBeGreaterThanOrEqual(6)
  }, 60_000)
})
