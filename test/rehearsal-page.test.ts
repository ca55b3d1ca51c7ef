import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { midwatchBinary } from './cli/binary.js'

const page = readFileSync('docs/rehearsal.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'midwatch-tutorial-'))
/** What a reader would wait for, in less time: fewer cases, of the faults that the page is about. */
const QUICKER = ['--cases', '20', '--pairs', '0', '--faults', 'crash,tools']

/** A reader's next step: a file to write, or a command to type and how it ends. */
type Step =
  | { readonly file: string; readonly text: string }
  | { readonly argv: readonly string[]; readonly exit: number }

function stepsOf(text: string): Step[] {
  return [...text.matchAll(/```(ts|sh)\n([\s\S]*?)```/g)].flatMap(([, kind, block = '']): Step[] => {
    if (kind === 'ts') return [{ file: /^\/\/ (\S+)/.exec(block)?.[1] ?? '', text: block }]
    return block.trim().split('\n').map(commandOf)
  })
}

function commandOf(line: string): Step {
  const [, command = '', exit = ''] = /^npx midwatch (rehearse.*?) +# exit code (\d)$/.exec(line) ?? []
  const argv = command.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? []
  return { argv: argv.includes('--strike') ? argv : [...argv, ...QUICKER], exit: Number(exit) }
}

const steps = stepsOf(page)

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

/** What the compiler says of the files as they now are, under the project's own options. */
function complaints(): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
  const files = new Set(steps.flatMap((step) => ('file' in step ? [join(folder, step.file)] : [])))
  const there = [...files].filter((file) => ts.sys.fileExists(file))
  const program = ts.createProgram(there, options)
  return there.flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
}

describe('docs/rehearsal.md', { timeout: 240_000 }, () => {
  it('has steps that can be told apart', () => {
    const files = steps.flatMap((step) => ('file' in step ? [step.file] : []))
    expect(files).toEqual([
      'refund.ts',
      'desk.ts',
      'rehearsals/desk.ts',
      'refund.ts',
      'desk.test.ts',
      'midwatch.config.ts',
    ])
    const commands = steps.filter((step) => 'argv' in step)
    expect(commands.length).toBe(4)
    for (const { argv } of commands) expect(argv[0]).toBe('rehearse')
  })

  it('works as it says, from the first file to the last command', async () => {
    const { say } = midwatchBinary({ cwd: folder })
    for (const step of steps) {
      if ('file' in step) write(step.file, step.text)
      else {
        expect(complaints()).toEqual([])
        const said = await say(...step.argv)
        expect(said.exit, `${step.argv.join(' ')}\n${said.out}\n${said.err}`).toBe(step.exit)
        if (step.exit === 1 && !step.argv.includes('--strike')) {
          expect(said.out).toMatch(/BROKEN {2}expectations in \d+ cases: refund acted more than once under the key/)
          expect(said.out).toContain(/^ {2}(npx midwatch rehearse .*)$/m.exec(page)?.[1])
        }
      }
    }
    expect(readFileSync(join(folder, 'rehearsal.html'), 'utf8')).toContain('<svg')
  })

  it('shows a test that passes, and fails with the tool as it first was', async () => {
    expect(complaints()).toEqual([])
    const source = (path: string) => JSON.stringify(resolve('src', path))
    write(
      'vitest.config.js',
      `export default { resolve: { alias: [
        { find: /^midwatch$/, replacement: ${source('index.ts')} },
        { find: /^midwatch\\/testing$/, replacement: ${source('testing/index.ts')} },
        { find: /^midwatch\\/rehearse$/, replacement: ${source('rehearse/index.ts')} } ] } }`,
    )
    const vitest = resolve('node_modules/vitest/vitest.mjs')
    const tested = () => promisify(execFile)(process.execPath, [vitest, 'run', '--root', folder], { cwd: folder })
    const { stdout } = await tested()
    expect(stdout).toContain('Rehearsed desk:')
    expect(stdout).toMatch(/Tests .*1 passed/)
    for (const step of steps.slice(0, 1)) if ('file' in step) write(step.file, step.text)
    await expect(tested(), 'with the wrong class').rejects.toMatchObject({
      stderr: expect.stringContaining('refund acted more than once under the key'),
    })
  })

  it('points at pages that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => join('docs', link))
    expect(links.length).toBeGreaterThan(3)
    expect(links.filter((link) => !ts.sys.fileExists(link))).toEqual([])
  })
})
