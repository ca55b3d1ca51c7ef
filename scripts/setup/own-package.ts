import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietly } from './spawn.mjs'
import { npm } from './steps.mjs'

/**
 * Installs a folder that has a package and a lock file of its own, on first use and when its lock file changed. True when it is
 * installed; false where that failed, which npm has told.
 */
export async function installOwn(folder: string, label: string): Promise<boolean> {
  const lock = join(folder, 'package-lock.json')
  const stamp = join(folder, 'node_modules/.midwatch-setup')
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')
  if (!existsSync(lock) || isInstalled()) return true
  const done = await quietly(`${label} (npm ci)`, [...npm(), 'ci', '--no-audit', '--no-fund'], { cwd: folder })
  if (done) writeFileSync(stamp, readFileSync(lock))
  return done
}
