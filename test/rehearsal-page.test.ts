import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtFile } from './built.js'
import { midwatchBinary } from './cli/binary.js'
import { complaintsOf } from './compiled.js'

const page = readFileSync('docs/rehearsal.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'midwatch-tutorial-'))
/** What a reader would wait for, in less time: fewer cases, of the faults that the page is about. */
const QUICKER = ['--cases', '20', '--pairs', '0', '--faults', 'crash,tools']

/** A reader's next step: a file to write, or a command to type and how it ends, with the rules or without them. */
type Step =
  | { readonly file: string; readonly text: string }
  | { readonly argv: readonly string[]; readonly exit: number; readonly ruleless: boolean }

function stepsOf(text: string): Step[] {
  return [...text.matchAll(/```(ts|sh)\n([\s\S]*?)```/g)].flatMap(([, kind, block = '']): Step[] => {
    if (kind === 'ts') return [{ file: /^\/\/ (\S+)/.exec(block)?.[1] ?? '', text: block }]
    return block.trim().split('\n').map(commandOf)
  })
}

function commandOf(line: string): Step {
  const [, command = '', without, exit = ''] =
    /^npx midwatch (rehearse.*?) +# (without the rules: )?exit code (\d)$/.exec(line) ?? []
  const argv = command.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? []
  const ruleless = without !== undefined
  return { argv: argv.includes('--strike') ? argv : [...argv, ...QUICKER], exit: Number(exit), ruleless }
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
  written.set(join(folder, file), text)
  complaints = null
}

/** What a rehearsal says that watches the rule which is gone. */
const RULE_MISSED =
  /BROKEN {2}expectations in \d+ cases: (\S+ made a large refund without a yes|It was refunded against a no)\./

/** The agent, free to refund anything. */
function withoutRules(text: string): string {
  const bare = text.replace(/ {2}rules: \{\n[\s\S]*?\n {2}\},\n/, '  rules: {},\n')
  expect(bare).toContain('rules: {}')
  return bare
}

/** The files as they now are, and what the compiler says of them, which is asked anew only where they changed. */
const written = new Map<string, string>()
let complaints: [string, string[]][] | null = null
function compiles(): void {
  complaints ??= [...complaintsOf(written)].filter(([, some]) => some.length > 0)
  expect(complaints).toEqual([])
}

describe('docs/rehearsal.md', { timeout: 240_000 }, () => {
  it('has steps that can be told apart', () => {
    const files = steps.flatMap((step) => ('file' in step ? [step.file] : []))
    expect(files).toEqual([
      'refund.ts',
      'desk.ts',
      'rehearsals/desk.ts',
      'refund.ts',
      'rehearsals/denied.ts',
      'desk.test.ts',
      'midwatch.config.ts',
    ])
    const commands = steps.filter((step) => 'argv' in step)
    expect(commands.length).toBe(7)
    expect(commands.filter(({ ruleless }) => ruleless).map(({ exit }) => exit)).toEqual([1, 1])
    for (const { argv } of commands) expect(argv[0]).toBe('rehearse')
  })

  it('works as it says, from the first file to the last command', async () => {
    const { say } = await midwatchBinary({ cwd: folder })
    for (const step of steps) {
      if ('file' in step) write(step.file, step.text)
      else {
        compiles()
        const desk = written.get(join(folder, 'desk.ts')) ?? ''
        if (step.ruleless) write('desk.ts', withoutRules(desk))
        const said = await say(...step.argv)
        if (step.ruleless) write('desk.ts', desk)
        expect(said.exit, `${step.argv.join(' ')}\n${said.out}\n${said.err}`).toBe(step.exit)
        if (step.ruleless) expect(said.out).toMatch(RULE_MISSED)
        else if (step.exit === 1 && !step.argv.includes('--strike')) {
          expect(said.out).toMatch(/BROKEN {2}expectations in \d+ cases: refund acted more than once under the key/)
          expect(said.out).toContain(/^ {2}(npx midwatch rehearse .*)$/m.exec(page)?.[1])
        }
      }
    }
    expect(readFileSync(join(folder, 'rehearsal.html'), 'utf8')).toContain('<svg')
  })

  it('shows a test that passes, and fails with the tool as it first was', async () => {
    compiles()
    const own = await Promise.all(
      ['index', 'testing/index', 'rehearse/index'].map((path) => builtFile(`src/${path}.ts`)),
    )
    const [whole, testing, rehearse] = own.map((path) => JSON.stringify(path))
    writeFileSync(
      join(folder, 'vitest.config.js'),
      `export default { resolve: { alias: [
        { find: /^midwatch$/, replacement: ${whole} },
        { find: /^midwatch\\/testing$/, replacement: ${testing} },
        { find: /^midwatch\\/rehearse$/, replacement: ${rehearse} } ] } }`,
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
    expect(links.filter((link) => !existsSync(link))).toEqual([])
  })
})
