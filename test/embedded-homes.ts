import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach } from 'vitest'

const made: string[] = []

/** A fresh home that the server's user can enter; after each test its server is ended and it is removed. */
export function freshHome(mode = 0o755): string {
  const home = mkdtempSync(join(tmpdir(), 'midwatch-home-'))
  chmodSync(home, mode)
  made.push(home)
  return home
}

afterEach(() => {
  for (const home of made.splice(0)) {
    const pid = serverPid(home)
    if (pid !== null) spawnSync('kill', ['-9', String(pid)], { stdio: 'ignore' })
    spawnSync('umount', ['-l', home], { stdio: 'ignore' })
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** Pid in the server's pid file, or null. */
export function serverPid(home: string): number | null {
  const file = join(home, 'data', 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null
}

/** Runs statements on a connection of their own; rows of the last one. */
export async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
