import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const CONFIG = `import { defineConfig } from 'midwatch'
import { permit } from './permit.js'
export default defineConfig({ run: [permit] })
`
/** A flow that acts, asks a person, and acts again. */
export const permit = ({ first = 'ask', last = 'one', more = '' } = {}) => `import { appendFileSync } from 'node:fs'
import { flow, tool } from 'midwatch'
import { z } from 'zod'
${more}
const stamp = tool({
  name: 'stamp', description: 'Stamps.', input: z.object({ on: z.string() }), effect: 'keyed', keyRemembered: '1h',
  execute: async ({ on }) => { appendFileSync('stamps', on + '\\n'); return on },
})
export const permit = flow({
  name: 'permit', version: 1, input: z.object({ house: z.string() }),
  run: async (ctx, { house }) => {
    await ctx.tool(stamp, { on: '${first}' })
    await ctx.ask({ to: 'mayor', question: 'May they build?', answer: z.boolean(), otherwise: false, within: '1h' })
    return ctx.tool(stamp, { on: '${last}' })
  },
})
`
/** As editors that never leave half a file write. */
export function putByRename(file: string, text: string): void {
  writeFileSync(`${file}.half`, text)
  renameSync(`${file}.half`, file)
}

/** Processes that are at work in a folder, where the system tells. */
export function processesIn(folder: string): string[] {
  if (!existsSync('/proc')) return []
  const cwdOf = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`)
    } catch {
      return ''
    }
  }
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && cwdOf(pid).startsWith(folder))
}

/** What was stamped, in order. */
export const stampsIn = (folder: string): string[] => readFileSync(join(folder, 'stamps'), 'utf8').trim().split('\n')
