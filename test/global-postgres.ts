import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedPostgres } from '../src/ledger/embedded/embedded.js'

/**
 * One PostgreSQL for the whole test run: the one of MIDWATCH_TEST_URL, else an embedded one in a folder of its own.
 * Workers find a superuser's URL in MIDWATCH_TEST_URL.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.MIDWATCH_TEST_URL) return undefined
  const home = mkdtempSync(join(tmpdir(), 'midwatch-test-'))
  // Run by root, the server is another user and must be able to enter.
  chmodSync(home, 0o755)
  const callOff = sweepWhenKilled(home)
  const postgres = await embeddedPostgres({ home, settings: { max_connections: '300' } })
  process.env.MIDWATCH_TEST_URL = postgres.url
  return async () => {
    await postgres.stop()
    callOff()
    rmSync(home, { recursive: true, force: true })
    delete process.env.MIDWATCH_TEST_URL
  }
}

/** A run that is killed outright cannot clean up: a shell in its own session notices that its input has ended, and does. */
function sweepWhenKilled(home: string): () => void {
  const script = `read -r done && exit 0
while [ -e "$0" ]; do
  pid=$(head -1 "$0/data/postmaster.pid" 2>/dev/null)
  if [ -n "$pid" ]; then kill -INT "$pid" 2>/dev/null; else rm -rf "$0"; fi
  sleep 0.2
done`
  const shell = spawn('sh', ['-c', script, home], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  // An open pipe would keep the run from ending.
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref()
  return () => shell.stdin.end('done\n')
}
