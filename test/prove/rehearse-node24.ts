// The same seeds give the same journals and verdicts in a second process, with other company, and on another Node.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Report } from '../../src/rehearse/report/report.js'

export const name = 'rehearse-node24'
export const about = '500 cases of a rehearsal: the same digests in a second process and on Node 24 (from npm)'

const CASES = 500
const INSTALL_MS = 300_000
const MOST_BYTES = 64_000_000
const run_ = promisify(execFile)

interface Heard {
  readonly who: string
  readonly node: string
  readonly cases: number
  readonly digest: string
  readonly tally: string
}

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), 'midwatch-node24-'))
  try {
    const heard = [await rehearsed('one process', process.execPath, 1), await rehearsed('two', process.execPath, 2)]
    const other = await otherNode(folder)
    if (other !== null) heard.push(await rehearsed('Node 24', other, 2))
    const ok = heard.every(
      ({ digest, tally, cases }) => digest === heard[0]?.digest && tally === heard[0].tally && cases >= CASES,
    )
    const on = heard.map(({ node }) => node).join(', ')
    const missing = other === null ? '; Node 24 could not be had from the registry, so that part was left out' : ''
    return { summary: `${heard[0]?.cases} cases, digest ${heard[0]?.digest.slice(0, 16)} on ${on}${missing}`, ok }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function rehearsed(who: string, node: string, processes: number): Promise<Heard> {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const seed = process.argv.find((argument) => argument.startsWith('--seed='))?.slice('--seed='.length) ?? '1'
  const command = ['rehearse', 'test/cli/harbour.ts', '--mode', 'explore', '--cases', String(CASES), '--seed', seed]
  const argv = ['--import', loader, resolve('src/cli/main.ts'), ...command, '--processes', String(processes), '--json']
  // Something that breaks gives exit code 1, and its report all the same.
  const { stdout } = await run_(node, argv, { maxBuffer: MOST_BYTES }).catch(
    (error: { code?: unknown; stdout?: string }) => {
      if (error.code === 1 && error.stdout) return { stdout: error.stdout }
      throw error
    },
  )
  const report = JSON.parse(stdout) as Report
  const [one] = report.scenarios
  const heard = {
    who,
    node: report.node,
    cases: report.cases,
    digest: one?.digest ?? '',
    tally: JSON.stringify(one?.tally),
  }
  console.log(`   ${who} (${heard.node}): ${heard.cases} cases, seed ${seed}, digest ${heard.digest.slice(0, 16)}`)
  return heard
}

/** Node 24 as npm has it; null where the registry is out of reach. */
async function otherNode(folder: string): Promise<string | null> {
  try {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    await run_(npm, ['install', '--no-save', '--prefix', folder, 'node@24'], { cwd: folder, timeout: INSTALL_MS })
    const node = join(folder, 'node_modules/node/bin/node')
    await run_(node, ['--version'])
    return node
  } catch (error) {
    console.log(`   Node 24 could not be had: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
    return null
  }
}
