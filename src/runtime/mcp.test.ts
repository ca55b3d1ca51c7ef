import { expect, it } from 'vitest'
import { z } from 'zod'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { flow } from '../orchestrator/flow.js'
import { assemble } from '../runtime.js'
import { mcpTools } from '../tools/mcp/mcp-tools.js'
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
