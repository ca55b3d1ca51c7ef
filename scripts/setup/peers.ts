import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'
import { quietly } from './spawn.mjs'
import { npm } from './steps.mjs'

/** The private package of the bench, with the frameworks that the runtime is compared with and tried under. */
export const BENCH = join(ROOT, 'bench')
const lock = join(BENCH, 'package-lock.json')
const stamp = join(BENCH, 'node_modules/.midwatch-setup')

function areInstalled(): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')
}

/** Installs them on first use; false where that failed, which npm has told. */
export async function installPeers(): Promise<boolean> {
  if (!existsSync(lock) || areInstalled()) return true
  const done = await quietly("installing the bench's peers (npm ci)", [...npm(), 'ci', '--no-audit', '--no-fund'], {
    cwd: BENCH,
  })
  if (done) writeFileSync(stamp, readFileSync(lock))
  return done
}
