import { binOf, say } from './paths.mjs'
import { quietly } from './spawn.mjs'
import { isBuilt, isInstalled, sourcesNow, stampBuilt, stampInstalled } from './stamp.mjs'

const LEAST = { major: 20, minor: 19 }

/** Exits with one clear line on a Node that is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor)) return
  say(
    `Midwatch needs Node ${LEAST.major}.${LEAST.minor} or newer; this is Node ${process.versions.node}. See https://nodejs.org`,
  )
  process.exit(1)
}

/** npm as it was called for this script, so that its version and settings are the caller's. */
export function npm() {
  const path = process.env.npm_execpath
  return path?.endsWith('npm-cli.js') ? [process.execPath, path] : ['npm']
}

/** @returns {Promise<boolean>} */
export async function install() {
  if (isInstalled()) return true
  const argv = [...npm(), 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  // `prepare` would build a second time: the build below is ours.
  const done = await quietly('installing dependencies (npm ci)', argv, { env: { MIDWATCH_SETUP: '1' } })
  if (done) stampInstalled()
  else say('Look at the lines above; with the network back, the same command starts over.')
  return done
}

/** @returns {Promise<boolean>} */
export async function build() {
  if (isBuilt()) return true
  const tsdown = binOf('tsdown')
  if (!tsdown) return false
  const inputs = sourcesNow()
  // Types take ten times as long and nothing here reads them: `prepack` makes them.
  const done = await quietly('building dist/', [process.execPath, tsdown])
  if (done) stampBuilt(inputs)
  return done
}
