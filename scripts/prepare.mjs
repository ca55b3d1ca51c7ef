// npm runs this after an installation at the root, so that `npx midwatch` works at once.
// Without development dependencies there is nothing to build with, and nothing to do. A package is built by `prepack`, with its
// types, before npm comes here: building again would take them away.
import { alone } from './setup/lock.mjs'
import { binOf } from './setup/paths.mjs'
import { stampInstalled } from './setup/stamp.mjs'
import { build } from './setup/steps.mjs'

const packs = ['pack', 'publish'].includes(process.env.npm_command ?? '')
if (!process.env.MIDWATCH_SETUP && !packs && binOf('tsdown')) {
  stampInstalled()
  if (!(await alone(build))) process.exit(1)
}
