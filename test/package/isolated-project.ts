import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A tool that says which copy of the package its process has, and whether it reads TypeScript, with what a module beside it says. */
const TOOL = (beside: string) => `import { fault, tool } from 'midwatch'
import { z } from 'zod'
import { greeting } from './${beside}'
export const greet = tool({
  name: 'greet', description: 'Greets.', input: z.object({ who: z.string() }), effect: 'once', module: import.meta.url,
  execute: async ({ who }) => {
    if (who === 'nobody') throw fault.permanent('nobody_there')
    const typed = await import('./typed.ts').then(() => true, () => false)
    return { says: greeting + who, copy: import.meta.resolve('midwatch'), typed }
  },
})
`
const APP = `import { flow, memoryLedger, midwatch } from 'midwatch'
import { z } from 'zod'
import { greet } from './greet.js'
const desk = flow({
  name: 'desk', version: 1, input: z.object({ who: z.string() }),
  run: (ctx, input) => ctx.tool(greet, input),
})
const mw = await midwatch({ run: [desk], ledger: memoryLedger() })
const outcomes = []
for (const who of ['Ann', 'nobody']) outcomes.push(await (await mw.start(desk, { input: { who } })).outcome())
await mw.stop()
console.log(JSON.stringify(outcomes))
`

/** A program of plain JavaScript with an isolated tool, whose neighbour is in JavaScript or TypeScript; gives its outcomes. */
export async function greetIn(folder: string, beside: 'js' | 'ts', options: readonly string[] = []): Promise<unknown> {
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
  put('package.json', '{ "type": "module" }')
  put('app.js', APP)
  put('greet.js', TOOL(`greeting.${beside}`))
  // No Node reads it by itself: it is more than types to leave out.
  put('typed.ts', 'export enum Typed { Yes }')
  put(
    `greeting.${beside}`,
    beside === 'js' ? `export const greeting = 'Hello '` : `export const greeting: string = 'Hallo '`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [...options, 'app.js'], { cwd: folder, env: ownEnv() })
  return JSON.parse(stdout)
}

/** Nothing of this test's own process, which has a loader. */
function ownEnv(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
  return env
}
