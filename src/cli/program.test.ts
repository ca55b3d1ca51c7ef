import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { terminal } from '../../test/cli/terminal.js'
import { LIMITS } from '../core/limits.js'
import { type ManualClock, manualClock } from '../testing/manual-clock.js'
import { verbsFor } from './commands.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a command line', () => {
  it.each([
    [['pss'], 'unknown command'],
    [['initialise'], 'unknown command'],
    [['ps', '--nonsense'], 'unknown option'],
    [['why'], 'missing required argument'],
    [['kill', 'fleet', 'now'], 'too many arguments'],
  ])('%j that is none: one line, and exit code 2', async (argv, what) => {
    const said = await terminal().say(...argv)
    expect(said.exit).toBe(2)
    expect(said.err).toMatch(/^midwatch: usage: [^\n]+\n$/)
    expect(said.err).toContain(what)
    expect(said.out).toBe('')
  })

  it('that is empty shows the help', async () => {
    const said = await terminal().say()
    expect(said.exit).toBe(2)
    for (const { usage } of await verbsFor(undefined)) expect(said.err).toContain(usage.split(' ')[0])
  })

  it('may ask for the version', async () => {
    expect(await terminal().say('--version')).toMatchObject({ exit: 0, out: '0.0.0\n' })
  })

  it('that meets an unexpected fault says so in one line, without a stack', async () => {
    const ledger = { ...terminal().ledger, runs: () => Promise.reject(new Error('out of\n  cheese')) }
    const said = await terminal({ ledger }).say('ps')
    expect(said).toMatchObject({ exit: 6, err: 'midwatch: failed: out of cheese\n' })
  })
})

describe('a folder without a ledger', () => {
  const bare = { over: { cwd: folder, given: {} } }

  it.each([['ps'], ['why', 'abcdef'], ['inbox'], ['kill', 'fleet'], ['verify'], ['meters']])(
    '%s says so and makes none',
    async (...argv) => {
      const said = await terminal(bare).say(...argv)
      expect(said.exit).toBe(2)
      expect(said.err).toContain('invalid_config: There is no ledger here: DATABASE_URL is not set')
    },
  )

  it('doctor fails, and says what else it found', async () => {
    const said = await terminal(bare).say('doctor')
    expect(said.exit).toBe(6)
    expect(said.out).toMatch(/ok +node/)
    expect(said.out).toMatch(/warn +config +no midwatch.config.ts/)
    expect(said.out).toMatch(/fail +store +invalid_config: There is no ledger here/)
  })

  it('start, worker and run need a config', async () => {
    for (const argv of [['start'], ['worker'], ['run', 'desk', '--input', '{}']]) {
      expect((await terminal(bare).say(...argv)).err).toContain('There is no midwatch.config.ts in')
    }
  })

  it('a config that cannot be read does not keep anybody from the ledger', async () => {
    writeFileSync(join(folder, 'midwatch.config.mjs'), 'throw new Error("half written")')
    const said = await terminal(bare).say('kill', 'fleet')
    expect(said.err).toMatch(/^midwatch: going on without the config. .*half written\n.*There is no ledger here/)
    const named = await terminal(bare).say('ps', '--config', 'midwatch.config.mjs', '--json')
    expect(named.data.error.message).toContain('half written')
    rmSync(join(folder, 'midwatch.config.mjs'))
  })
})

describe('a config whose import never ends', () => {
  const hanging = () => {
    const cwd = mkdtempSync(join(folder, 'hangs-'))
    writeFileSync(join(cwd, 'midwatch.config.mjs'), 'await new Promise(() => undefined)\nexport default { run: [] }')
    const clock = manualClock()
    return { clock, cwd, console: terminal({ over: { cwd, clock, given: {} } }) }
  }
  /** Lets the clock go on once the command waits for it. */
  const wait = async (clock: ManualClock, ms: number) => {
    while (clock.sleepers === 0) await new Promise((look) => setImmediate(look))
    await clock.advance(ms)
  }

  it('does not keep anybody from the ledger: it is told after a while, and the command goes on', async () => {
    const { clock, console } = hanging()
    const said = console.say('kill', 'fleet')
    await wait(clock, LIMITS.config_look_ms)
    expect((await said).err).toMatch(
      /^midwatch: going on without the config. .*still being imported after 10 s.*\n.*There is no ledger here/,
    )
  })

  it.each([['start'], ['worker'], ['run', 'desk', '--input', '{}'], ['ps', '--config', 'midwatch.config.mjs']])(
    '%s, which needs it, ends as config_hangs',
    async (...argv) => {
      const { clock, console } = hanging()
      const said = console.say(...argv)
      await wait(clock, LIMITS.config_load_ms - 1)
      expect(clock.sleepers).toBe(1)
      await clock.advance(1)
      const { exit, err } = await said
      const [, code] = err.split(': ')
      expect({ exit, code }).toEqual({ exit: 6, code: 'config_hangs' })
    },
  )
})
