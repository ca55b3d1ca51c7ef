import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MOST_BYTES = 64_000_000

/** What npm put into a package. */
export interface Packed {
  /** The tarball. */
  readonly file: string
  readonly bytes: number
  readonly unpackedBytes: number
  /** Paths in it, without the leading `package/`. */
  readonly paths: readonly string[]
}

interface PackReport {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** The tools that `prepack` names. */
const BINARIES = { tsdown: 'node_modules/tsdown/dist/run.mjs', tsc: 'node_modules/typescript/bin/tsc' } as const

/** What `files` of package.json names, dist/ apart. */
const ALONG = ['sql', 'templates', 'docs', 'README.md', 'ARCHITECTURE.md', 'LICENSE', 'package.json']

/** Builds the package below `into` as `prepack` does, and packs it there: nothing of this checkout changes, its own dist/ neither. */
export async function pack(into: string): Promise<Packed> {
  const stage = join(into, 'package')
  mkdirSync(stage, { recursive: true })
  const { prepack } = JSON.parse(readFileSync('package.json', 'utf8')).scripts as { readonly prepack: string }
  const out = { tsdown: '--out-dir', tsc: '--outDir' } as const
  for (const step of prepack.split(' && ')) {
    const [tool, ...argv] = step.split(' ') as ['tsdown' | 'tsc', ...string[]]
    await run(process.execPath, [resolve(BINARIES[tool]), ...argv, out[tool], join(stage, 'dist')])
  }
  for (const path of ALONG) cpSync(path, join(stage, path), { recursive: true })
  const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', into]
  const { stdout } = await run('npm', argv, { cwd: stage, maxBuffer: MOST_BYTES, shell: process.platform === 'win32' })
  // Newer versions of npm give an object by name, older ones a list.
  const said: unknown = JSON.parse(stdout)
  const [report] = (Array.isArray(said) ? said : Object.values(said as object)) as PackReport[]
  if (!report) throw new Error(`npm pack said: ${stdout}`)
  const { filename, size, unpackedSize, files } = report
  return { file: join(into, filename), bytes: size, unpackedBytes: unpackedSize, paths: files.map(({ path }) => path) }
}

/**
 * What `npm install TARBALL` makes of an empty project, without copying a hundred megabytes: the package is unpacked, and
 * beside it lie links to exactly those packages that an installation of it brings (development dependencies do not).
 */
export async function installLinked(project: string, { file }: Packed): Promise<void> {
  const modules = join(project, 'node_modules')
  const own = join(modules, 'midwatch')
  mkdirSync(own, { recursive: true })
  await run('tar', ['-xzf', file, '-C', own, '--strip-components=1'])
  for (const path of brought()) {
    const [from, to] = [resolve(path), join(project, path)]
    mkdirSync(dirname(to), { recursive: true })
    if (existsSync(from)) symlinkSync(from, to, 'junction')
  }
}

/** Top-level packages that the lock file does not know as development's alone. */
function brought(): string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { readonly dev?: boolean; readonly devOptional?: boolean; readonly link?: boolean }>
  }
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !link)
    .map(([path]) => path)
}

/** The command that was installed, as `npx midwatch` runs it, with nothing of this checkout in its environment. */
export function installed(project: string, node = process.execPath) {
  const main = join(project, 'node_modules/midwatch/dist/cli/main.js')
  const { DATABASE_URL: _, MIDWATCH_MODEL: __, NODE_OPTIONS: ___, ...env } = process.env
  return {
    env,
    begin: (...argv: string[]) =>
      spawn(node, [main, ...argv], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  }
}
