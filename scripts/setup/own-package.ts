import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietly } from './spawn.mjs'
import { npm } from './steps.mjs'

/** Without a network that is known within seconds, instead of minutes. */
const SOON_TOLD = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=5000']

/**
 * Installs a folder that has a package and a lock file of its own, on first use and when its lock file changed. True when it is
 * installed; false where that failed, which npm has told. `isWhole`: npm counts it as done when what is optional could not be had;
 * then the next time tries again.
 */
export async function installOwn(folder: string, label: string, isWhole = () => true): Promise<boolean> {
  const lock = join(folder, 'package-lock.json')
  const stamp = join(folder, 'node_modules/.midwatch-setup')
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')
  if (!existsSync(lock) || isInstalled()) return true
  const install = [...npm(), 'ci', '--no-audit', '--no-fund', ...SOON_TOLD]
  const done = await quietly(`${label} (npm ci)`, install, { cwd: folder })
  if (done && isWhole()) writeFileSync(stamp, readFileSync(lock))
  return done && isWhole()
}
