import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Code of which package.json says how it is read; `.mjs` and `.cts` say it themselves. */
const CODE = /\.[jt]sx?$/

/** Whether a folder has code that its package.json speaks for: none that was installed, is hidden, or has a package.json of its own. */
export function holdsCode(folder: string): boolean {
  if (!existsSync(folder)) return false
  return readdirSync(folder, { withFileTypes: true }).some((one) => {
    if (!one.isDirectory()) return CODE.test(one.name)
    if (one.name === 'node_modules' || one.name.startsWith('.')) return false
    const within = join(folder, one.name)
    return !existsSync(join(within, 'package.json')) && holdsCode(within)
  })
}
