import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'

const cwd = resolve('test/cli')
const folder = mkdtempSync(join(tmpdir(), 'midwatch-rehearse-'))
afterAll(() => rmSync(folder, { recursive: true }))

const say = (...argv: string[]) => terminal({ over: { cwd, given: {} } }).say('rehearse', ...argv)

describe('midwatch rehearse', { timeout: 120_000 }, () => {
  it.each([
    [['nowhere.ts'], 'invalid_rehearsal', 'there is no such file'],
    [['desk.ts'], 'invalid_rehearsal', 'it exports no scenario'],
    [['--story', 'thrice'], 'unknown_story', 'there are once, twice'],
    [['--scenario', 'gong'], 'unknown_story', 'there are bell'],
    [['--faults', 'weather'], 'usage', 'it is neither a layer (process, ledger'],
    [['--mode', 'dream'], 'usage', 'one of enumerate, explore'],
    [['--cases', 'many'], 'usage', 'give a whole number from 1 on'],
    [['--story', 'once', '--strike', 'flood@tool:ring#1'], 'usage', "there is no fault 'flood'; there are crash"],
    [['--strike', 'crash@point:after_effect#1'], 'usage', 'say which with --story'],
    [['--story', 'once', '--strike', 'none', '--messages', '2'], 'usage', 'the story has 1 message'],
  ])('%j is refused in one line, with what to do', async (argv, code, what) => {
    const said = await say(...argv)
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(new RegExp(`^midwatch: ${code}: [^\\n]+\\n$`))
    expect(said.err).toContain(what)
  })

  it('says where rehearsals are looked for when there is none', async () => {
    const said = await terminal({ over: { cwd: folder, given: {} } }).say('rehearse', '--json')
    expect(said.exit).toBe(2)
    expect(said.data.error).toMatchObject({ code: 'invalid_rehearsal', message: expect.stringContaining(folder) })
  })

  it('plays the rehearsals beside the config, and writes the report in four forms', async () => {
    const [html, junit] = [join(folder, 'night.html'), join(folder, 'night.xml')]
    const few = ['--cases', '40', '--pairs', '10', '--faults', 'crash,tools']
    const said = await say(...few, '--json', '--html', html, '--junit', junit)
    expect(said.exit).toBe(0)
    expect(said.data).toMatchObject({ ok: true, stopped: false, seed: 1, mode: 'both' })
    const [bell] = said.data.scenarios
    expect(bell).toMatchObject({ name: 'bell', file: 'rehearsals/bell.ts', stories: ['once', 'twice'], breaks: [] })
    expect(bell.enumerated.singles.done).toBe(bell.enumerated.singles.possible)
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*No violation in/)
    expect(readFileSync(junit, 'utf8')).toContain('<testsuite name="bell"')
  })

  it('tells the one case that is asked for as `why` tells it', async () => {
    const said = await say('--story', 'once', '--seed', '3', '--strike', 'crash@point:after_effect#1')
    expect(said.exit).toBe(0)
    expect(said.out).toMatch(/^bell, story once, seed 3, 1 strike: it holds\n {2}crash@point:after_effect#1 {2}bit\n/)
    expect(said.out).toContain('Proposed: ring {"times":1}')
    expect(said.out).toMatch(/Ended after .* completed/)
  })

  it('ends with 1 where something broke, and prints the command that breaks it again', async () => {
    const said = await say('cracked.ts', '--cases', '30', '--pairs', '0', '--story', 'twice', '--faults', 'crash')
    expect(said.exit).toBe(1)
    const replay = /npx midwatch rehearse (cracked\.ts .*)/.exec(said.out)?.[1] ?? ''
    expect(replay).toMatch(/^cracked\.ts --story twice --messages 1 --seed \d+ --strike 'crash@[^']+#1'$/)
    const argv = replay.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? []
    const again = await say(...argv)
    expect(again.exit).toBe(1)
    expect(again.out).toContain('expectations: It was claimed 2 times.')
  })
})
