import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const scripts = new URL('../scripts', import.meta.url)
let clone: string

function put(path: string, text: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true })
  writeFileSync(join(clone, path), text)
}

/** Stands for npm: notes the call and unpacks a build tool that notes its own. */
const NPM = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('calls', process.argv[2] + ' ')
if (existsSync('no-network')) { console.log('ENOTFOUND'); process.exit(1) }
mkdirSync('node_modules/tsdown', { recursive: true })
writeFileSync('node_modules/tsdown/package.json', '{ "bin": { "tsdown": "run.mjs" } }')
writeFileSync('node_modules/tsdown/run.mjs', \`
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('calls', 'build ')
mkdirSync('dist/cli', { recursive: true })
writeFileSync('dist/cli/main.js', '')\`)
`

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'midwatch-clone-'))
  cpSync(scripts, join(clone, 'scripts'), { recursive: true })
  put('npm/npm-cli.js', NPM)
  put('npm/package.json', '{ "type": "module" }')
  put('src/a.ts', 'export const a = 1')
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsdown.config.ts']) put(file, '{}')
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

function ready(
  script = 'scripts/ready.mjs',
  args: string[] = [],
  more = {},
): Promise<{ code: number; errors: string }> {
  const env = { ...process.env, ...more, npm_execpath: join(clone, 'npm/npm-cli.js') }
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: clone, env }, (error, _, errors) => {
      resolve({ code: error ? Number(error.code) : 0, errors })
    })
  })
}
const calls = () => readFileSync(join(clone, 'calls'), 'utf8').trim()

describe('a fresh clone', () => {
  it('is installed and built once, then left alone', async () => {
    const first = await ready()
    expect(first.errors).toContain('installing dependencies (npm ci): done in')
    expect(first.errors).toContain('building dist/: done in')
    expect(await ready()).toEqual({ code: 0, errors: '' })
    expect(calls()).toBe('ci build')
  })

  it('is set up by one of several that start at once, and the others wait', async () => {
    const all = await Promise.all([ready(), ready(), ready()])
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(calls()).toBe('ci build')
  })

  it('is installed again when the lock changes, and built again when a source does', async () => {
    await ready()
    appendFileSync(join(clone, 'src/a.ts'), '\nexport const b = 2')
    put('src/a.test.ts', 'a test is not built')
    await ready()
    expect(calls()).toBe('ci build build')
    put('package-lock.json', '{ "changed": true }')
    await ready()
    expect(calls()).toBe('ci build build ci build')
  })

  it('is built again when dist/ is gone', async () => {
    await ready()
    rmSync(join(clone, 'dist'), { recursive: true })
    await ready()
    expect(calls()).toBe('ci build build')
  })

  it('is set up although a killed process left its lock', async () => {
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    put('.setup.lock', String(dead.pid))
    const both = await Promise.all([ready(), ready()])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(calls()).toBe('ci build')
    expect(existsSync(join(clone, '.setup.lock'))).toBe(false)
  })

  it('that cannot be installed says why, fails, and starts over next time', async () => {
    put('no-network', '')
    const failed = await ready()
    expect(failed.code).toBe(1)
    expect(failed.errors).toContain('ENOTFOUND')
    rmSync(join(clone, 'no-network'))
    expect((await ready()).code).toBe(0)
  })

  it('says in one line that Node is too old', async () => {
    put(
      'old.mjs',
      "Object.defineProperty(process.versions, 'node', { value: '18.20.0' })\nawait import('./scripts/ready.mjs')",
    )
    const { code, errors } = await ready('old.mjs')
    expect(code).toBe(1)
    expect(errors).toBe('Midwatch needs Node 20.19 or newer; this is Node 18.20.0. See https://nodejs.org\n')
  })

  it('says that a program is not there', async () => {
    const { code, errors } = await ready('scripts/ready.mjs', ['examples/none.ts'])
    expect(code).toBe(1)
    expect(errors).toContain('examples/none.ts is not in this checkout.')
  })
})

describe('prepare', () => {
  it('builds after npm ci and spares the next start a second installation', async () => {
    await ready()
    rmSync(join(clone, 'node_modules/.midwatch-setup.json'))
    await ready('scripts/prepare.mjs')
    await ready()
    expect(calls()).toBe('ci build build')
  })

  it.each(['pack', 'publish'])('leaves to npm %s what prepack has built', async (command) => {
    await ready()
    put('src/a.ts', 'export const a = 2')
    await ready('scripts/prepare.mjs', [], { npm_command: command })
    expect(calls()).toBe('ci build')
  })

  it('does nothing without development dependencies', async () => {
    expect(await ready('scripts/prepare.mjs')).toEqual({ code: 0, errors: '' })
    expect(existsSync(join(clone, 'calls'))).toBe(false)
  })
})
