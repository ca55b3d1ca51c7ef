import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { freshHome, query, serverPid, usedHome } from '../../../test/embedded-homes.js'
import { EmbeddedUser } from '../../../test/embedded-user.js'
import { embeddedPostgres } from './embedded.js'
import { birthOf } from './processes.js'

const ROOT = process.getuid?.() === 0
const NOBODY = 65_534
/** Whether another user may read this very file: not below a closed folder, such as root's own. */
const READABLE = ROOT && spawnSync('cat', [import.meta.filename], { uid: NOBODY, gid: NOBODY }).status === 0

/** Waits until a process is gone. */
async function vanished(pid: number): Promise<void> {
  while (birthOf(pid) !== null) await new Promise(setImmediate)
}

it('runs a durable PostgreSQL 18 in UTF-8 and keeps its data over a stop', async () => {
  const home = freshHome()
  const first = await embeddedPostgres({ home })
  expect(first.adopted).toBe(false)
  const shown = await query(
    first.url,
    'create table kept (word text)',
    `insert into kept values ('écrit')`,
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
            current_setting('full_page_writes') as pages, current_setting('server_encoding') as encoding,
            current_setting('server_version_num')::int / 10000 as major`,
  )
  expect(shown).toEqual([{ fsync: 'on', commit: 'on', pages: 'on', encoding: 'UTF8', major: 18 }])
  await first.stop()
  expect(serverPid(home)).toBeNull()

  const second = await embeddedPostgres({ home })
  expect(await query(second.url, 'select word from kept')).toEqual([{ word: 'écrit' }])
  await second.stop()
})

it('takes settings', async () => {
  const home = await usedHome()
  const postgres = await embeddedPostgres({ home, settings: { max_connections: '17' } })
  expect(await query(postgres.url, 'show max_connections')).toEqual([{ max_connections: '17' }])
  await postgres.stop()
})

it('is shared within a process and stops with its last user, once however often that one stops', async () => {
  const home = await usedHome()
  const first = await embeddedPostgres({ home })
  const second = await embeddedPostgres({ home })
  expect([first.adopted, second.adopted, second.url]).toEqual([false, true, first.url])
  await Promise.all([first.stop(), first.stop()])
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await second.stop()
  expect(serverPid(home)).toBeNull()
})

it('has processes that start at once share one server, and none cuts off another', async () => {
  const home = freshHome()
  const users = await Promise.all([1, 2, 3, 4].map(() => EmbeddedUser.ready(home)))
  expect(users.filter((user) => !user.adopted)).toHaveLength(1)
  expect(new Set(users.map((user) => user.url)).size).toBe(1)
  const [last, ...others] = users
  await Promise.all(others.map((user) => user.stop()))
  expect(await query(last?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
  const server = serverPid(home) ?? 0
  await last?.stop()
  expect(birthOf(server)).toBeNull()
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves nothing behind when %s ends its owner', async (signal) => {
  const home = await usedHome()
  const owner = await EmbeddedUser.ready(home)
  const server = serverPid(home) ?? 0
  expect(await owner.end(signal)).toBe(signal)
  expect(birthOf(server)).toBeNull()
  expect(readFileSync(join(home, 'postgres.log'), 'utf8')).toContain('received fast shutdown request')
})

it('leaves nothing behind when its owner is ended while the server is being made and started', async () => {
  const home = freshHome()
  const owner = await EmbeddedUser.start(home)
  // The first thing that shows: the folder in which the data is being made.
  while (!readdirSync(home).some((name) => name.startsWith('data'))) await new Promise(setImmediate)
  expect(await owner.end('SIGTERM')).toBe('SIGTERM')
  expect(readdirSync(join(home, 'users'))).toEqual([])
  const heir = await embeddedPostgres({ home })
  expect(heir.adopted).toBe(false)
  await heir.stop()
})

it('leaves the order of ending to others who listen for the signal, and its own turn is exit', async () => {
  const home = await usedHome()
  const owner = await EmbeddedUser.ready(home, { endsItself: true })
  const server = serverPid(home) ?? 0
  // It asks the server one more question after the signal, and exits by itself.
  const said = owner.says()
  expect(await owner.end('SIGTERM')).toBeNull()
  expect(await said).toBe('answered after the signal')
  await vanished(server)
  expect(readdirSync(join(home, 'users'))).toEqual([])
})

it('adopts the server of an owner that was killed, and the last user stops that one too', async () => {
  const home = await usedHome()
  const owner = await EmbeddedUser.ready(home)
  await owner.end('SIGKILL')
  const server = serverPid(home) ?? 0
  expect(birthOf(server)).not.toBeNull()
  const heir = await embeddedPostgres({ home })
  expect(heir).toMatchObject({ adopted: true, url: owner.url })
  await heir.stop()
  expect(birthOf(server)).toBeNull()
})

it('starts again after owner and server were killed, with all that was committed', async () => {
  const home = await usedHome()
  const owner = await EmbeddedUser.ready(home)
  await query(owner.url, 'create table kept (n int)', 'insert into kept values (7)')
  const server = serverPid(home) ?? 0
  await owner.end('SIGKILL')
  process.kill(server, 'SIGKILL')
  await vanished(server)
  const heir = await embeddedPostgres({ home })
  expect(heir.adopted).toBe(false)
  expect(await query(heir.url, 'select n from kept')).toEqual([{ n: 7 }])
  await heir.stop()
  expect(serverPid(home)).toBeNull()
})

it.each(['socket', 'loopback'])('is started again by its users, on the same %s, when it is killed', async (way) => {
  const home = await usedHome(way === 'socket' ? '.' : 'a-long-name-that-goes-on-and-on'.repeat(4))
  const postgres = await embeddedPostgres({ home })
  await query(postgres.url, 'create table kept (n int)', 'insert into kept values (7)')
  const server = serverPid(home) ?? 0
  process.kill(server, 'SIGKILL')
  await vanished(server)
  await vi.waitFor(() => query(postgres.url, 'select 1'), { timeout: 20_000, interval: 50 })
  expect(await query(postgres.url, 'select n from kept')).toEqual([{ n: 7 }])
  await postgres.stop()
  expect(serverPid(home)).toBeNull()
})

it('is not misled by a pid file whose number another program has by now', async () => {
  const home = await usedHome()
  const owner = await EmbeddedUser.ready(home)
  const server = serverPid(home) ?? 0
  const file = join(home, 'data', 'postmaster.pid')
  const stale = readFileSync(file, 'utf8')
  await owner.end('SIGTERM')
  // This test's own process, of another user or not, has the number now.
  writeFileSync(file, stale.replace(String(server), String(process.pid)))
  const heir = await embeddedPostgres({ home })
  expect(heir.adopted).toBe(false)
  expect(await query(heir.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await heir.stop()
})

it('makes a whole data directory after one whose making was cut short', async () => {
  const home = freshHome()
  const half = join(home, 'data.new-aaaaaa')
  mkdirSync(half)
  writeFileSync(join(half, 'PG_VERSION'), '18\n')
  const postgres = await embeddedPostgres({ home })
  expect(existsSync(half)).toBe(false)
  await postgres.stop()
})

it('listens on loopback, with a password, where the path is too long for a socket', async () => {
  const home = join(freshHome(), 'a-long-name-that-goes-on-and-on'.repeat(4))
  const postgres = await embeddedPostgres({ home })
  expect(postgres.url).toMatch(/@127\.0\.0\.1:\d+\//)
  expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
  const guessed = new URL(postgres.url)
  guessed.password = 'guessed'
  await expect(query(guessed.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  await postgres.stop()
})

it.runIf(ROOT)('root keeps data elsewhere, in a stable place, when others cannot enter home', async () => {
  const closed = freshHome(0o700)
  const home = join(closed, '.midwatch')
  const first = await embeddedPostgres({ home })
  const away = /(\/var\/lib\/midwatch\/[0-9a-f]{12})/.exec(decodeURIComponent(first.url))?.[1] ?? ''
  expect(readFileSync(join(home, 'DATA_LIES_ELSEWHERE.txt'), 'utf8')).toContain(away)
  await query(first.url, 'create table kept (n int)')
  await first.stop()
  const second = await embeddedPostgres({ home })
  expect(await query(second.url, 'select * from kept')).toEqual([])
  await second.stop()
  rmSync(away, { recursive: true })
})

it.runIf(READABLE)('an ordinary user runs it in place below a closed folder', async () => {
  const home = freshHome(0o700)
  chownSync(home, NOBODY, NOBODY)
  const user = await EmbeddedUser.ready(home, { uid: NOBODY })
  expect(decodeURIComponent(user.url)).toContain(home)
  await user.stop()
  expect(serverPid(home)).toBeNull()
  chmodSync(home, 0o755)
})
