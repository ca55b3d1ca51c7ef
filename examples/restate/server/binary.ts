import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The server's program: RESTATE_SERVER, else what `npm ci --prefix examples/restate` installed; null where there is none. */
export function restateBinary(): string | null {
  const named = process.env.RESTATE_SERVER
  if (named) return named
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`
  try {
    const manifest = createRequire(new URL('../package.json', import.meta.url)).resolve(`${name}/package.json`)
    const path = join(dirname(manifest), 'bin/restate-server')
    return existsSync(path) ? path : null
  } catch {
    return null
  }
}
