import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach } from 'vitest'
import { embeddedPostgres } from '../src/ledger/embedded/embedded.js'

const made: string[] = []
/** A home that was used once and left in order. */
let pattern: Promise<string> | null = null

/** A fresh home that the server's user can enter; after each test its server is ended and it is removed. */
export function freshHome(mode = 0o755): string {
  const home = mkdtempSync(join(tmpdir(), 'midwatch-home-'))
  chmodSync(home, mode)
  made.push(home)
  return home
}

/**
 * A fresh home with the data of a first start in it, for what is about something else than the making of data: a copy takes a
 * tenth of that. `below`: a folder in it that is the home.
 */
export async function usedHome(below = '.'): Promise<string> {
  pattern ??= makePattern()
  const from = await pattern
  const home = join(freshHome(), below)
  mkdirSync(home, { recursive: true })
  for (const part of ['data', 'password']) {
    const { status } = spawnSync('cp', ['-a', join(from, part), home])
    if (status !== 0) throw new Error(`${part} could not be copied to ${home}.`)
  }
  return home
}

async function makePattern(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'midwatch-home-'))
  chmodSync(home, 0o755)
  const postgres = await embeddedPostgres({ home })
  await postgres.stop()
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

afterAll(async () => {
  if (pattern !== null) rmSync(await pattern, { recursive: true, force: true })
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
