import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRow } from '../src/core/run-row.js'
import { type OpenStore, openToOperate } from '../src/runtime/operator.js'
import { hear, saysOnce } from './cli/binary.js'
import { greetIn } from './package/isolated-project.js'
import { installed, installLinked, type Packed, pack } from './package/packed.js'
import { CONFIG, permit, processesIn, putByRename, stampsIn } from './package/permit-project.js'
import { readSources } from './sources.js'

const shipped = mkdtempSync(join(tmpdir(), 'midwatch-packed-'))
const project = mkdtempSync(join(tmpdir(), 'midwatch-package-'))
// Where root runs this the server is another user, who must get in.
chmodSync(project, 0o755)
let packed: Packed

beforeAll(async () => {
  packed = await pack(shipped)
}, 120_000)
afterAll(() => {
  for (const folder of [shipped, project]) rmSync(folder, { recursive: true, force: true })
})

describe('the package', () => {
  it('holds what it runs with, and nothing of its tests', () => {
    const { paths } = packed
    const wanted = ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/cli/main.js', 'sql/schema.sql']
    expect(paths).toEqual(expect.arrayContaining(wanted))
    for (const folder of ['sql', 'templates', 'docs']) {
      const sources = readSources(folder, () => true).map(({ path }) => path)
      expect(sources.length, folder).toBeGreaterThan(0)
      expect(paths, folder).toEqual(expect.arrayContaining(sources))
    }
    const ours = paths.filter((path) => !path.startsWith('templates/'))
    expect(ours.filter((path) => /(\.|\/)(test|fixture|test-d)(\.|\/)|^(test|bench|scripts|src)\//.test(path))).toEqual(
      [],
    )
    expect(paths.filter((path) => /(^|\/)(\.env|\.npmrc|\.midwatch|node_modules)(\/|$)/.test(path))).toEqual([])
  })

  it('is small', () => {
    // A fifth of it is what isolated children load, built once more.
    expect(packed.bytes).toBeLessThan(1_600_000)
    expect(packed.unpackedBytes).toBeLessThan(6_000_000)
  })

  it('exports only what is in it', () => {
    const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'))
    const targets = [...Object.values<string | object>(exports), ...Object.values<string>(bin)]
    for (const target of targets) {
      const paths = typeof target === 'string' ? [target] : Object.values<string>(target as Record<string, string>)
      for (const path of paths) expect(packed.paths).toContain(path.replace(/^\.\//, ''))
    }
  })

  it('has the types of each module, for what is exported names them', () => {
    // What isolated children load is built of the same modules.
    const modules = packed.paths.filter((path) => /^dist\/(?!isolated\/).*\.js$/.test(path))
    expect(modules.length).toBeGreaterThan(100)
    expect(modules.filter((path) => !packed.paths.includes(path.replace(/\.js$/, '.d.ts')))).toEqual([])
  })
})

describe('installed into an empty project', { timeout: 120_000 }, () => {
  const say = (...argv: string[]) => hear(installed(project).begin(...argv))

  beforeAll(() => installLinked(project, packed))

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await say('--version')).toEqual({ exit: 0, out: `${version}\n`, err: '' })
  })

  it('writes a project, whose agent then runs on the PostgreSQL that comes along', async () => {
    const written = await say('init', '--yes')
    expect(written.err).toBe('')
    expect(written.exit).toBe(0)
    const input = JSON.stringify({ from: 'ann@example.com', message: 'ann@example.com: my laptop is broken' })
    const { exit, out, err } = await say('run', 'help-desk', '--input', input, '--json')
    expect(exit, err).toBe(0)
    expect(err).toContain('A SCRIPTED MODEL answers')
    expect(JSON.parse(out)).toMatchObject({ outcome: { status: 'completed', output: { answer: 'Done: a laptop.' } } })
    // The order went out from the process of the `once` tool, once.
    const deeds = readFileSync(join(project, 'office.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(deeds.map(({ deed, item }) => [deed, item])).toEqual([
      ['order', 'laptop'],
      ['note', undefined],
    ])
    expect(readdirSync(join(project, '.midwatch/users'))).toEqual([])
    expect(existsSync(join(project, '.midwatch/data/postmaster.pid'))).toBe(false)
  })
})

describe('an isolated tool of a project in JavaScript', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-greet-'))

  beforeAll(() => installLinked(folder, packed))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const outcomes = (greeting: string, typed: boolean) => [
    {
      status: 'completed',
      output: {
        says: `${greeting} Ann`,
        copy: expect.stringMatching(/midwatch\/dist\/isolated\/index\.js$/),
        typed,
      },
    },
    // What its own copy of the package threw is known for what it is.
    { status: 'failed', code: 'nobody_there' },
  ]

  it('has the package from few files, in a process that Node alone loads', async () => {
    expect(await greetIn(folder, 'js')).toMatchObject(outcomes('Hello', false))
  })

  it('comes through a loader where its worker has one', async () => {
    expect(await greetIn(folder, 'ts', ['--import', 'tsx'])).toMatchObject(outcomes('Hallo', true))
  })
})

describe('midwatch dev, installed', { timeout: 120_000 }, () => {
  // Where root runs this the server is another user, who must get in.
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-dev-'))
  chmodSync(folder, 0o755)
  const { begin } = installed(folder)
  const at = (path: string) => join(folder, path)
  const put = (path: string, text: string) => writeFileSync(at(path), text)
  let dev: ChildProcess

  beforeAll(async () => {
    await installLinked(folder, packed)
    put('package.json', '{ "type": "module" }')
    put('midwatch.config.ts', CONFIG)
    put('permit.ts', permit())
  })
  afterAll(() => {
    dev.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  async function gone(): Promise<void> {
    const until = Date.now() + 20_000
    while (processesIn(folder).length > 0 && Date.now() < until) await new Promise((done) => setTimeout(done, 50))
    expect(processesIn(folder)).toEqual([])
    expect(existsSync(at('.midwatch/data/postmaster.pid'))).toBe(false)
    expect(readdirSync(at('.midwatch/users'))).toEqual([])
  }
  const told = (text: string) => saysOnce(dev, text, 'stderr')
  let run = ''
  /** The embedded ledger that it keeps: looked at from here, which is quicker than a command. */
  let store: OpenStore
  let url = ''
  const rowOf = async () => (await store.ledger.run({ runId: run })) as RunRow
  const until = async (state: RunRow['state']) => {
    while ((await rowOf()).state !== state) await new Promise((done) => setTimeout(done, 50))
  }

  it('works runs, and says how to start one', async () => {
    dev = begin('dev', '--port', '0')
    const said = saysOnce(dev, `npx midwatch run permit --input '{"house":"…"}'`)
    let out = ''
    dev.stdout?.on('data', (part) => {
      out += part
    })
    await said
    url = /Answers HTTP at (http:\/\/127\.0\.0\.1:\d+)\/v1/.exec(out)?.[1] ?? ''
    const body = JSON.stringify({ agent: 'permit', input: { house: '1' } })
    const started = await fetch(`${url}/v1/runs`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(started.status).toBe(201)
    run = started.headers.get('location')?.split('/').at(-1) ?? ''
    store = await openToOperate({ home: join(folder, '.midwatch') })
    await until('waiting')
  })

  it('adopts a run that waits when the code that is saved still fits it', async () => {
    const adopted = told('Adopted 1 run')
    put('permit.ts', permit({ last: 'two' }))
    await adopted
    // Where the API was, it is.
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^midwatch_runs_held /m)
  })

  it('says loudly which run does not fit, and takes it up again when the change is undone', async () => {
    const loud = told(`!!! DOES NOT FIT: run ${run.slice(-12)} of permit@1. Its journal goes on with stamp#1`)
    putByRename(at('permit.ts'), permit({ first: 'another' }))
    await loud
    const adopted = told('Adopted 1 run')
    putByRename(at('permit.ts'), permit({ last: 'three' }))
    await adopted
  })

  it('keeps the old code at work while the new does not load, and starts when a file comes that was missing', async () => {
    const broken = told('DOES NOT LOAD, the code before it goes on: ')
    put('permit.ts', `${permit({ last: 'three' })}\nconst x = ;`)
    await broken
    const missing = told('DOES NOT LOAD, the code before it goes on: ')
    put('permit.ts', permit({ last: 'four', more: `import './added.js'` }))
    await missing
    const adopted = told('Adopted 1 run')
    put('added.ts', 'export {}')
    await adopted
  })

  it('the newest code ends the run, which acted once at each step', async () => {
    const { ledger } = store
    const [asked] = await ledger.escalations({ state: 'open', runId: run })
    const said = { decision: 'answer', by: 'mayor', result: 'true' } as const
    expect(await ledger.answer({ id: asked?.id ?? '', ...said })).toMatchObject({ code: 'ok' })
    await until('ended')
    expect(await rowOf()).toMatchObject({ outcome: 'completed' })
    expect(stampsIn(folder)).toEqual(['ask', 'four'])
    await store.close()
  })

  it('Ctrl-C leaves nothing behind', async () => {
    const over = hear(dev)
    dev.kill('SIGINT')
    expect((await over).exit).toBe(0)
    await gone()
  })

  it('nor does Ctrl-C before anything has loaded', async () => {
    put('midwatch.config.ts', `console.error('loading')\nawait new Promise(() => setTimeout(() => undefined, 1e6))\n`)
    dev = begin('dev')
    await told('loading')
    const over = hear(dev)
    dev.kill('SIGINT')
    expect((await over).exit).toBe(0)
    await gone()
  })
})
