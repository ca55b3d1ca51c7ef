// Makes a fresh clone ready (dependencies, dist/), then runs the program named after it: `node scripts/ready.mjs [PROGRAM.ts ARGS…]`.
// Plain Node without dependencies, because it runs before there are any.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { alone } from './setup/lock.mjs'
import { ROOT, say } from './setup/paths.mjs'
import { run } from './setup/spawn.mjs'
import { isBuilt, isInstalled } from './setup/stamp.mjs'
import { build, install, requireNode } from './setup/steps.mjs'

requireNode()
const [program, ...args] = process.argv.slice(2)
const ready = (isInstalled() && isBuilt()) || (await alone(async () => (await install()) && (await build())))
if (!ready) process.exit(1)
if (program) process.exitCode = await follow(program)

/** @param {string} file */
function follow(file) {
  if (existsSync(join(ROOT, file))) return run([process.execPath, '--import', 'tsx', file, ...args])
  say(`${file} is not in this checkout.`)
  return 1
}
