import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hear } from './cli/binary.js'
import { installed, installLinked, type Packed, pack } from './package/packed.js'
import { readSources } from './sources.js'

const shipped = mkdtempSync(join(tmpdir(), 'midwatch-packed-'))
const project = mkdtempSync(join(tmpdir(), 'midwatch-package-'))
// Where root runs this the server is another user, who must get in.
chmodSync(project, 0o755)
let packed: Packed

beforeAll(async () => {
  packed = await pack(shipped, { types: false })
})
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
    expect(packed.bytes).toBeLessThan(1_500_000)
    expect(packed.unpackedBytes).toBeLessThan(6_000_000)
  })

  it('exports only what is in it', () => {
    const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'))
    const targets = [...Object.values<string | { default: string }>(exports), ...Object.values<string>(bin)]
    for (const target of targets) {
      const path = typeof target === 'string' ? target : target.default
      expect(packed.paths).toContain(path.replace(/^\.\//, ''))
    }
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
