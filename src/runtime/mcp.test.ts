import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { flow } from '../orchestrator/flow.js'
import { assemble } from '../runtime.js'
import { mcpTools } from '../tools/mcp/mcp-tools.js'
import { pinOf } from '../tools/mcp/pin.js'
import { writePins } from '../tools/mcp/pin-file.js'
import type { AnyTool } from '../tools/tool.js'

const server = { name: 'nowhere', command: '/nowhere/server' }
const user = (tools: AnyTool[]) => flow({ name: 'user', version: 1, input: z.object({}), tools, run: async () => null })

it('a runtime does not start with a tool that nobody has accepted', async () => {
  const run = [user(mcpTools(server, { allow: ['a', 'b'], pinFile: '/nowhere/pins.json' }))]
  await expect(assemble({ run }, { ledger: memoryLedger() })).rejects.toMatchObject({
    code: 'mcp_not_pinned',
    message: expect.stringMatching(/nowhere\.a, nowhere\.b.*midwatch mcp pin.*\/nowhere\/pins\.json/),
  })
})

it('nor with one that is not pinned and whose server is away', async () => {
  const run = [user(mcpTools(server, { allow: ['a'], pin: 'off' }))]
  const alarms: string[] = []
  const starting = assemble({ run, alarm: (what) => alarms.push(what) }, { ledger: memoryLedger() })
  await expect(starting).rejects.toMatchObject({ code: 'mcp_unreachable', retryable: true })
  expect(alarms).toEqual([expect.stringMatching(/'nowhere' cannot be reached: .*ENOENT/)])
})

it('what was accepted of a tool is part of the fingerprint of whoever has it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-print-'))
  const pinFile = join(folder, 'pins.json')
  const print = (pin: 'lockfile' | 'off') =>
    user(mcpTools(server, { allow: ['a'], pinFile, pin })).definition.fingerprint
  const say = (said: object) => writePins(pinFile, { nowhere: { a: pinOf({ name: 'a', inputSchema: {}, ...said }) } })
  say({ description: 'Looks.' })
  const [before, open] = [print('lockfile'), print('off')]
  expect(print('lockfile')).toBe(before)
  say({ description: 'Looks at everything.' })
  expect(print('lockfile')).not.toBe(before)
  say({ description: 'Looks.', annotations: { title: 'Look' } })
  expect(print('lockfile')).not.toBe(before)
  // What is not pinned strands no run when it changes.
  expect(print('off')).toBe(open)
  rmSync(folder, { recursive: true })
})
