// npm runs this after an installation at the root, so that `npx midwatch` works at once.
// Without development dependencies there is nothing to build with, and nothing to do.
import { alone } from './setup/lock.mjs'
import { binOf } from './setup/paths.mjs'
import { stampInstalled } from './setup/stamp.mjs'
import { build } from './setup/steps.mjs'

if (!process.env.MIDWATCH_SETUP && binOf('tsdown')) {
  stampInstalled()
  if (!(await alone(build))) process.exit(1)
}
