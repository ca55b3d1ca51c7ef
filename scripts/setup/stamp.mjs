import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MODULES, ROOT } from './paths.mjs'

const FILE = join(MODULES, '.midwatch-setup.json')
const BUILD_INPUTS = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsdown.config.ts'],
  'scripts/setup/isolated-build.mjs',
]

/** @returns {{ installed?: string, built?: string }} what was last set up here, by content */
function read() {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {{ installed?: string, built?: string }} facts */
function merge(facts) {
  writeFileSync(FILE, `${JSON.stringify({ ...read(), ...facts })}\n`)
}

/** @param {string[]} files */
function digest(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

// The platform belongs to it: a folder carried to another machine has the wrong binaries.
const dependencies = () => `${process.platform}-${process.arch} ${digest(['package-lock.json'])}`

function sources() {
  const all = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  const files = all
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(ROOT.length + 1))
  return digest([...BUILD_INPUTS, ...files.sort()])
}

export const isInstalled = () => read().installed === dependencies()
export const stampInstalled = () => merge({ installed: dependencies() })
export const isBuilt = () => existsSync(join(ROOT, 'dist/cli/main.js')) && read().built === sources()

/** Call `sourcesNow` before the build and stamp it after: what changed meanwhile is then built again. */
export const sourcesNow = sources
/** @param {string} built */
export const stampBuilt = (built) => merge({ built })
