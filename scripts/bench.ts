// `npm run bench [-- ARGS…]`: installs the bench's own dependencies on first use, then runs `bench/main.ts`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, say } from './setup/paths.mjs'
import { quietly, run } from './setup/spawn.mjs'
import { npm } from './setup/steps.mjs'

const folder = join(ROOT, 'bench')
const lock = join(folder, 'package-lock.json')
const stamp = join(folder, 'node_modules/.midwatch-setup')

function isInstalled(): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')
}

async function install(): Promise<boolean> {
  if (!existsSync(lock) || isInstalled()) return true
  const done = await quietly("installing the bench's peers (npm ci)", [...npm(), 'ci', '--no-audit', '--no-fund'], {
    cwd: folder,
  })
  if (done) writeFileSync(stamp, readFileSync(lock))
  return done
}

async function bench(args: readonly string[]): Promise<number> {
  const main = join(folder, 'main.ts')
  if (existsSync(main)) return (await install()) ? run([process.execPath, '--import', 'tsx', main, ...args]) : 1
  say('bench/main.ts is not in this checkout.')
  return 1
}

process.exitCode = await bench(process.argv.slice(2))
