// What a new user does, from the packed tarballs, with a real npm, on each Node that is supported: install, init, run, rehearse,
// test, compile against the types, and develop, with nothing left behind.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { hear, saysOnce } from '../cli/binary.js'
import { pack } from '../package/packed.js'
import { processesIn } from '../package/permit-project.js'

export const name = 'package'
export const about =
  'the packed tarball in an empty project on Node 20, 22 and 24: install, init, run, rehearse, test, types, dev'

/** Beside the one that runs this. `--nodes=24` takes those alone, and leaves out the one that runs this. */
const asked = process.argv.find((argument) => argument.startsWith('--nodes='))?.slice('--nodes='.length)
const NODES = asked?.split(',') ?? ['22.23.3', '24']
const HERE = asked === undefined ? [process.execPath] : []
const STEP_MS = 600_000
const MOST_BYTES = 64_000_000
const run_ = promisify(execFile)

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-prove-package-'))
  // Where root runs this the embedded server is another user, who must get in.
  chmodSync(folder, 0o755)
  try {
    const { file, bytes, paths } = await pack(folder)
    const create = await packCreate(folder)
    const broken = paths.filter(
      (path) => path.endsWith('.js') && path.startsWith('dist/') && !paths.includes(typesOf(path)),
    )
    console.log(
      `   midwatch: ${paths.length} files, ${Math.round(bytes / 1_000)} kB packed; without types: ${broken.length}`,
    )
    const heard: string[] = []
    for (const node of [...HERE, ...(await otherNodes(folder))]) {
      heard.push(await newUser({ folder, node, tarball: file, create }))
    }
    const all = NODES.length + HERE.length
    const missing = all - heard.length
    const left = missing === 0 ? '' : `; ${missing} of ${all} could not be had from the registry`
    return { summary: `${heard.join('; ')}${left}`, ok: broken.length === 0 && missing === 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const typesOf = (path: string): string => path.replace(/\.js$/, '.d.ts')

async function packCreate(into: string): Promise<string> {
  const argv = ['pack', '--json', '--pack-destination', into]
  const { stdout } = await run_('npm', argv, { cwd: resolve('create-midwatch'), maxBuffer: MOST_BYTES })
  return join(into, /"filename": "([^"]+)"/.exec(stdout)?.[1] ?? '')
}

interface Place {
  readonly folder: string
  readonly node: string
  readonly tarball: string
  readonly create: string
}

/** One Node's whole way; throws where a step fails. */
async function newUser({ folder, node, tarball, create }: Place): Promise<string> {
  const version = (await run_(node, ['--version'])).stdout.trim()
  const at = (path: string) => join(folder, `on-${version}`, path)
  const { DATABASE_URL: _, MIDWATCH_MODEL: __, NODE_OPTIONS: ___, ...env } = process.env
  const within = { ...env, PATH: `${dirname(node)}${delimiter}${env.PATH}` }
  const step = async (cwd: string, command: string, ...argv: string[]) => {
    const { stdout } = await run_(command, argv, { cwd, env: within, timeout: STEP_MS, maxBuffer: MOST_BYTES })
    return stdout
  }
  mkdirSync(at('empty'), { recursive: true })
  const begun = performance.now()
  await step(at('empty'), 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball)
  const midwatch = at('empty/node_modules/.bin/midwatch')
  await step(at('empty'), midwatch, 'init', '--yes')
  await step(at('empty'), 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
  const input = JSON.stringify({ from: 'ann@example.com', message: 'ann@example.com: my laptop is broken' })
  const ended = JSON.parse(await step(at('empty'), midwatch, 'run', 'help-desk', '--input', input, '--json'))
  if (ended.outcome.status !== 'completed')
    throw new Error(`On ${version} the run ended ${JSON.stringify(ended.outcome)}`)
  const report = JSON.parse(
    await step(at('empty'), midwatch, 'rehearse', '--mode', 'explore', '--cases', '100', '--json'),
  )
  const seconds = (performance.now() - begun) / 1_000
  await step(at('empty'), 'npm', 'test')
  await step(at('empty'), 'npm', 'run', 'typecheck')
  await typesOnNode16(at('empty'), step)
  await develop(at('empty'), midwatch, within)
  // The other way in: npm create, whose package has nothing but itself.
  mkdirSync(at('create'), { recursive: true })
  await step(at('create'), 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', create)
  await step(
    at('create'),
    at('create/node_modules/.bin/create-midwatch'),
    'desk',
    '--yes',
    '--midwatch',
    `file:${tarball}`,
  )
  await step(at('create/desk'), 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
  const said = `${version}: ${seconds.toFixed(0)} s to a run and ${report.cases} rehearsed cases`
  console.log(`   ${said}, ${readdirSync(at('create/desk')).length} entries by npm create`)
  return said
}

/** The template compiles as `bundler`; others compile as Node itself resolves. */
async function typesOnNode16(project: string, step: (cwd: string, ...argv: [string, ...string[]]) => Promise<string>) {
  const config = JSON.parse(readFileSync(join(project, 'tsconfig.json'), 'utf8'))
  const compilerOptions = { ...config.compilerOptions, module: 'Node16', moduleResolution: 'Node16' }
  writeFileSync(join(project, 'tsconfig.node16.json'), JSON.stringify({ ...config, compilerOptions }))
  await step(project, join(project, 'node_modules/.bin/tsc'), '-p', 'tsconfig.node16.json')
}

/** Begins, hears a save, is killed outright; begins again, and ends by Ctrl-C. */
async function develop(cwd: string, midwatch: string, env: NodeJS.ProcessEnv): Promise<void> {
  const begin = (): ChildProcess => spawn(midwatch, ['dev'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const killed = begin()
  await saysOnce(killed, 'Works help-desk@1')
  const again = saysOnce(killed, 'Works help-desk@1', 'stderr')
  const agent = join(cwd, 'desk/agent.ts')
  writeFileSync(agent, readFileSync(agent, 'utf8').replace('You are the help desk', 'You are the kind help desk'))
  await again
  killed.kill('SIGKILL')
  await nothingLeft(cwd)
  const stopped = begin()
  await saysOnce(stopped, 'Works help-desk@1')
  const over = hear(stopped)
  stopped.kill('SIGINT')
  if ((await over).exit !== 0) throw new Error(`dev ended with ${(await over).exit}: ${(await over).err}`)
  await nothingLeft(cwd)
}

async function nothingLeft(cwd: string): Promise<void> {
  const isLeft = () => processesIn(cwd).length > 0 || existsSync(join(cwd, '.midwatch/data/postmaster.pid'))
  const until = Date.now() + 30_000
  while (isLeft() && Date.now() < until) await new Promise((done) => setTimeout(done, 100))
  if (isLeft()) throw new Error(`Left behind: ${processesIn(cwd).join(', ') || 'PostgreSQL'}`)
}

/** The other Nodes, as npm has them; those that cannot be had are told. */
async function otherNodes(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const version of NODES) {
    const prefix = join(folder, `node-${version}`)
    mkdirSync(prefix)
    const node = join(prefix, 'node_modules/node/bin/node')
    try {
      // Its install script fetches the binary of this platform.
      await run_('npm', ['install', '--no-save', '--prefix', prefix, `node@${version}`], {
        cwd: prefix,
        timeout: STEP_MS,
      })
      await run_(node, ['--version'])
      found.push(node)
    } catch (error) {
      console.log(
        `   Node ${version} could not be had: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
      )
    }
  }
  return found
}
