// `npm run bench [-- ARGS…]`: installs the bench's own dependencies on first use, then runs `bench/main.ts`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { say } from './setup/paths.mjs'
import { BENCH, installPeers } from './setup/peers.js'
import { run } from './setup/spawn.mjs'

async function bench(args: readonly string[]): Promise<number> {
  const main = join(BENCH, 'main.ts')
  if (existsSync(main)) {
    // Whoever is not there has a row that says so.
    if (!(await installPeers())) say('The peers could not be installed; the bench goes on without them.')
    return run([process.execPath, '--import', 'tsx', main, ...args])
  }
  say('bench/main.ts is not in this checkout.')
  return 1
}

process.exitCode = await bench(process.argv.slice(2))
