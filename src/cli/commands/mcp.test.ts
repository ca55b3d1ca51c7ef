import { readFileSync, rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { terminal } from '../../../test/cli/terminal.js'
import { Bell } from '../../../test/mcp/bell.js'
import { flow } from '../../orchestrator/flow.js'
import { mcpTools } from '../../tools/mcp/mcp-tools.js'

const bell = new Bell('bell-of-the-cli')
afterAll(() => bell.remove())

/** The config as it is read by one command. */
function config(env: Readonly<Record<string, string>> = {}) {
  const effects = { ring: 'keyed' } as const
  const tools = mcpTools(bell.server(env), { allow: ['ring', 'look'], effects, pinFile: bell.pinFile })
  const user = flow({ name: 'user', version: 1, input: z.object({}), tools, run: async () => null })
  return terminal({ options: { run: [user] } })
}
type Tool = { tool: string; server: string; state: string }
const states = (tools: Tool[]) =>
  Object.fromEntries(tools.filter(({ server }) => server === bell.name).map(({ tool, state }) => [tool, state]))

describe('midwatch mcp', () => {
  it('pins what is new, shows what changed, and accepts it by name', async () => {
    expect(states((await config().say('mcp', 'list', '--json')).data.tools)).toEqual({ look: 'new', ring: 'new' })

    const first = await config().say('mcp', 'pin')
    expect([first.exit, first.err]).toEqual([0, ''])
    expect(first.out).toMatch(/bell-of-the-cli\.look +new +read +the server's hint +Who rang\./)
    expect(first.out).toMatch(/bell-of-the-cli\.ring +new +keyed +the config +Rings a bell\./)
    expect(first.out).toContain(`Wrote 2 new to ${bell.pinFile}`)
    expect(Object.keys(JSON.parse(readFileSync(bell.pinFile, 'utf8')).servers[bell.name])).toEqual(['look', 'ring'])
    expect(states((await config().say('mcp', 'list', '--json')).data.tools)).toEqual({
      ...{ look: 'accepted', ring: 'accepted' },
    })
  })

  it('a change is not accepted by asking: it is shown, and stays until it is named', async () => {
    const says = { BELL_SAYS: 'Rings all bells.' }
    const changed = await config(says).say('mcp', 'pin')
    expect(changed.exit).toBe(3)
    expect(changed.out).toContain('bell-of-the-cli.ring, description:\n  - Rings a bell.\n  + Rings all bells.')
    expect((await config(says).say('mcp', 'pin')).exit).toBe(3)

    const accepted = await config(says).say('mcp', 'accept', 'bell-of-the-cli.ring')
    expect(accepted).toMatchObject({
      exit: 0,
      out: expect.stringContaining('Accepted bell-of-the-cli.ring (changed).'),
    })
    expect(readFileSync(bell.pinFile, 'utf8')).toContain('Rings all bells.')
    expect((await config(says).say('mcp', 'accept', 'ring')).out).toContain('There is nothing new in them.')
  })

  it('what is called by no name is said with the names that there are', async () => {
    const said = await config().say('mcp', 'accept', 'rong')
    expect(said).toMatchObject({ exit: 3, out: expect.stringContaining('bell-of-the-cli.ring') })
    expect(await config().say('mcp', 'accept')).toMatchObject({ exit: 2, err: expect.stringContaining('usage') })
    expect(await config().say('mcp', 'pun')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('list, pin, accept'),
    })
  })

  it('a server that is away is told, and nothing is written for it', async () => {
    rmSync(bell.pinFile)
    const gone = mcpTools({ name: 'gone', command: '/nowhere/server' }, { allow: ['a'], pinFile: bell.pinFile })
    const user = flow({ name: 'user', version: 1, input: z.object({}), tools: gone, run: async () => null })
    const { say } = terminal({ options: { run: [user] } })
    const said = await say('mcp', 'pin')
    expect(said.exit).toBe(3)
    expect(said.out).toMatch(/gone: cannot be reached: .*ENOENT/)
    expect(await say('mcp', 'accept', 'gone')).toMatchObject({ exit: 6, err: expect.stringMatching(/mcp_unreachable/) })
  })
})
