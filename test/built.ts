import { type ChildProcess, execFile, type ForkOptions, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isolatedBuild } from '../scripts/setup/isolated-build.mjs'
import { lock } from '../src/ledger/embedded/lock.js'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
/** Below node_modules, so that what is built finds its dependencies. */
const CACHE = join(ROOT, 'node_modules/.cache/midwatch-built')
/** The command line, and every program that tests start as a process. */
const ENTRIES = [
  'src/**/*.ts',
  '!src/**/*.{test,fixture}.ts',
  'test/*/worker.ts',
  'test/embedded-user.ts',
  'test/isolation/holder.ts',
]
const KEPT_MS = 3_600_000
const BUILD = `import { build } from 'tsdown'; for (const one of JSON.parse(process.argv[1])) await build(one)`

let built: Promise<string> | null = null

/**
 * The sources as JavaScript, as they are published, with the programs of tests beside them: processes start from it in half the
 * time that a loader of TypeScript takes. Built once for each state of the sources, by whoever needs it first.
 */
function builtFolder(): Promise<string> {
  built ??= ensureBuilt()
  return built
}

/** A file of this checkout as it was built: `src/cli/main.ts`. */
export async function builtFile(path: string): Promise<string> {
  return join(await builtFolder(), path.replace(/\.ts$/, '.js'))
}

/** Starts a program of a test, named by its TypeScript file, with a channel to it. */
export async function forkBuilt(
  program: URL,
  args: readonly string[],
  options: ForkOptions = {},
): Promise<ChildProcess> {
  const path = relative(ROOT, fileURLToPath(program)).replaceAll(sep, '/')
  return fork(await builtFile(path), [...args], { execArgv: [], ...options })
}

async function ensureBuilt(): Promise<string> {
  const folder = join(CACHE, stateOfSources())
  mkdirSync(CACHE, { recursive: true })
  const release = await lock(join(CACHE, 'lock'), 60_000)
  try {
    if (!existsSync(folder)) await make(folder)
  } finally {
    release()
  }
  return folder
}

async function make(folder: string): Promise<void> {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name)
    if (name !== 'lock' && Date.now() - lstatSync(path).mtimeMs > KEPT_MS)
      rmSync(path, { recursive: true, force: true })
  }
  const half = `${folder}.half`
  rmSync(half, { recursive: true, force: true })
  const shared = {
    ...{ config: false, outDir: half, format: 'esm', platform: 'node', target: 'node20.19', dts: false },
    ...{ fixedExtension: false, clean: false, logLevel: 'warn', skipNodeModulesBundle: true },
  }
  const { name, version, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const surfaces = Object.keys(exports).map((path) => path.replace('.', 'midwatch'))
  // Programs that name the package get it as users do: by its exports.
  const options = [
    { ...shared, entry: ENTRIES, root: '.', unbundle: true, external: surfaces },
    { ...shared, ...isolatedBuild('src/') },
  ]
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BUILD, JSON.stringify(options)], {
    cwd: ROOT,
  })
  for (const beside of ['sql', 'templates', 'docs']) symlinkSync(join(ROOT, beside), join(half, beside))
  // By it the command line finds its version.
  const manifest = JSON.stringify({ name, version, type: 'module', exports })
  // What is published as dist/ lies in src/ here.
  writeFileSync(join(half, 'package.json'), manifest.replaceAll('./dist/', './src/'))
  renameSync(half, folder)
}

/** Changes with every file that is built. */
function stateOfSources(): string {
  const hash = createHash('sha256')
  for (const folder of ['src', 'test']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!name.endsWith('.ts')) continue
      const { mtimeMs, size } = statSync(join(ROOT, folder, name))
      hash.update(`${folder}/${name} ${mtimeMs} ${size}\n`)
    }
  }
  hash.update(readFileSync(join(ROOT, 'package.json')))
  return hash.digest('hex').slice(0, 16)
}
