import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { terminal } from '../../test/cli/terminal.js'
import { verbsFor } from './commands.js'

const page = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8')
const documented = [...page.matchAll(/^### (\S+)$/gm)].map(([, name]) => name)
const examples = [...page.matchAll(/^midwatch (.+)$/gm)].map(([, line]) => line ?? '')
const names = (await verbsFor(undefined)).map(({ usage }) => usage.split(' ')[0])

/** As a shell splits it: quotes keep words together. */
const words = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

describe('a command', () => {
  it.each(names)('%s is loaded by its name, and nothing else with it', async (name) => {
    expect((await verbsFor(name)).map(({ usage }) => usage.split(' ')[0])).toEqual([name])
  })

  it.each([undefined, '--help', 'help', 'pss', 'toString'])('for %s it may be any', async (first) => {
    expect(await verbsFor(first)).toHaveLength(names.length)
  })
})

describe('docs/cli.md', () => {
  it('has every command, and no other', () => {
    expect([...documented].sort()).toEqual([...names].sort())
  })

  it('has an example of each', () => {
    for (const name of names) expect(examples.map((line) => line.split(' ')[0])).toContain(name)
  })

  it.each(names)('%s --help says what it takes', async (name) => {
    const said = await terminal().say(String(name), '--help')
    expect([said.exit, said.err]).toEqual([0, ''])
    expect(said.out).toMatch(new RegExp(`^Usage: midwatch ${name} `))
    expect(said.out).toContain('--json')
    expect(said.out).toContain('--config <file>')
  })

  /** What an example asks for may not be there; that it is written wrongly would be said as `usage`. */
  it.each(examples.filter((line) => !/^(init|dev|start|worker|doctor)/.test(line)))(
    'midwatch %s is understood',
    async (line) => {
      const said = await terminal().say(...words(line))
      // Files of a project that is not here are missing, and that is all that may be wrong.
      expect(said.err).not.toMatch(
        /^midwatch: (usage|invalid_(?!rehearsal: (There is no rehearsal in|\S+: there is no such file)))/,
      )
    },
  )
})
