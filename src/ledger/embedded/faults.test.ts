import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshHome, serverPid, usedHome } from '../../../test/embedded-homes.js'
import { embeddedPostgres } from './embedded.js'

/** A tiny file system can be mounted by root alone, and not in every container: elsewhere the two tests are skipped. */
function mountTiny(folder: string, bytes: number): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'midwatch-test', folder]).status === 0
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'midwatch-mount-'))
  const mounted = mountTiny(folder, 1_000_000)
  if (mounted) spawnSync('umount', [folder])
  rmdirSync(folder)
  return mounted
}

it.runIf(canMount())(
  'says that the disk is full when there is no room for the data, and starts once there is',
  async () => {
    const home = freshHome()
    mountTiny(home, 20_000_000)
    try {
      await expect(embeddedPostgres({ home })).rejects.toMatchObject({
        code: 'embedded_disk_full',
        message: expect.stringContaining(home),
      })
      spawnSync('mount', ['-o', 'remount,size=200000000', home])
      const postgres = await embeddedPostgres({ home })
      await postgres.stop()
    } finally {
      spawnSync('umount', ['-l', home])
    }
  },
)

it.runIf(canMount())('says so too when a disk filled up under data that exists, and stops where it ran', async () => {
  const home = freshHome()
  mountTiny(home, 120_000_000)
  try {
    const postgres = await embeddedPostgres({ home })
    spawnSync('dd', ['if=/dev/zero', `of=${home}/filler`, 'bs=4096', 'count=100000'])
    await postgres.stop()
    expect(serverPid(home)).toBeNull()
    await expect(embeddedPostgres({ home })).rejects.toMatchObject({ code: 'embedded_disk_full' })
  } finally {
    spawnSync('umount', ['-l', home])
  }
})

it('refuses data of another major version before touching it', async () => {
  const home = freshHome()
  mkdirSync(join(home, 'data'))
  writeFileSync(join(home, 'data', 'PG_VERSION'), '19\n')
  await expect(embeddedPostgres({ home })).rejects.toMatchObject({
    code: 'embedded_newer_data',
    message: expect.stringMatching(/PostgreSQL 19.*(another home)/),
  })
})

it.each<[string, (socket: Socket) => void]>([
  ['answers like a server', (socket) => socket.once('data', () => socket.write('N'))],
  ['says nothing', () => undefined],
  ['hangs up', (socket) => socket.destroy()],
])(
  'says that the socket is taken when something listens there that %s, and starts when it has gone',
  async (_, hear) => {
    const home = await usedHome()
    const path = join(home, 'run', '.s.PGSQL.5432')
    mkdirSync(join(home, 'run'), { mode: 0o700 })
    const open = new Set<Socket>()
    const stray = createServer((socket) => {
      // Whoever looked goes away in the middle of it.
      open.add(socket.on('error', () => undefined))
      hear(socket)
    })
    await new Promise<void>((listening) => stray.listen(path, listening))
    await expect(embeddedPostgres({ home })).rejects.toMatchObject({
      code: 'embedded_socket_taken',
      message: expect.stringContaining('.s.PGSQL.5432'),
    })
    expect(existsSync(path)).toBe(true)
    for (const socket of open) socket.destroy()
    await new Promise((closed) => stray.close(closed))
    const postgres = await embeddedPostgres({ home })
    await postgres.stop()
    expect(serverPid(home)).toBeNull()
  },
)

it('starts over a socket that nobody listens on any more', async () => {
  const home = await usedHome()
  const path = join(home, 'run', '.s.PGSQL.5432')
  mkdirSync(join(home, 'run'), { mode: 0o700 })
  const left = `require('node:net').createServer().listen('${path}', () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', left])
  expect(existsSync(path)).toBe(true)
  const postgres = await embeddedPostgres({ home })
  await postgres.stop()
})

it('shows what the log said about anything else, leaves no user behind and recovers', async () => {
  const home = await usedHome()
  await expect(embeddedPostgres({ home, settings: { no_such_setting: '1' } })).rejects.toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining('no_such_setting'),
  })
  const postgres = await embeddedPostgres({ home })
  await postgres.stop()
  expect(serverPid(home)).toBeNull()
  expect(readFileSync(join(home, 'postgres.log'), 'utf8')).toContain('database system is shut down')
})
