// Everything `npm test` stands for, quickest first: `npm run check [-- VITEST ARGS…]`. Stops at the first failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binOf } from './setup/paths.mjs'
import { run } from './setup/spawn.mjs'

interface Stage {
  readonly name: string
  /** A dependency's command with its arguments. */
  readonly command: readonly [string, ...string[]]
  readonly advice: string
}

const reportFolder = mkdtempSync(join(tmpdir(), 'midwatch-check-'))
const report = join(reportFolder, 'vitest.json')
const only = process.argv.slice(2)

const STAGES: readonly Stage[] = [
  {
    name: 'format and lint',
    command: ['@biomejs/biome', 'check', '--error-on-warnings', '.'],
    advice: 'npm run format mends most of it.',
  },
  {
    name: 'types',
    // What was checked before is not checked again.
    command: ['typescript', '-p', '.', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/types.tsbuildinfo'],
    advice: 'The lines above name file, line and reason.',
  },
  { name: 'dead code', command: ['knip'], advice: 'Delete what nothing uses, or drop its `export`.' },
  {
    name: 'tests',
    command: ['vitest', 'run', ...only, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    advice: 'npx vitest run FILE repeats one file.',
  },
]
const BINS: Readonly<Record<string, string>> = { '@biomejs/biome': 'biome', typescript: 'tsc' }

/** Whether the stage passed. */
async function perform({ name, command: [dependency, ...args], advice }: Stage): Promise<boolean> {
  const bin = binOf(dependency, BINS[dependency])
  if (!bin) throw new Error(`${dependency} is not installed: npm ci`)
  const begun = performance.now()
  console.log(`\n── ${name}`)
  const code = await run([process.execPath, bin, ...args])
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(
    code === 0
      ? `── ${name}: passed in ${seconds} s`
      : `── ${name}: FAILED after ${seconds} s (exit code ${code}). ${advice}`,
  )
  return code === 0
}

/** One plain line that a machine can read; a file that could not even be loaded counts as one failed test. */
function printTally(): void {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  const unloaded = testResults.filter(
    (file: { status: string; assertionResults: { status: string }[] }) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  console.log(
    `${numPassedTests} passed, ${numFailedTests + unloaded} failed, ${numPendingTests + numTodoTests} skipped`,
  )
}

async function check(): Promise<number> {
  for (const stage of STAGES) if (!(await perform(stage))) return 1
  return 0
}

process.exitCode = await check()
try {
  printTally()
} catch {
  console.log('The tests did not run.')
}
rmSync(reportFolder, { recursive: true, force: true })
