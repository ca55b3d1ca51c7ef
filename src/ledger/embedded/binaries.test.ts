import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyBinaries, findBinaries, linkLibraries, openToAll } from './binaries.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'midwatch-binaries-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A package as `npm ci --ignore-scripts` leaves it: the library is there, the link to it is not. */
function unlinkedPackage(): string {
  const native = join(folder, 'package', 'native')
  mkdirSync(join(native, 'lib'), { recursive: true })
  writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'library')
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links))
  return native
}

it('finds the package of this platform', () => {
  expect(existsSync(join(findBinaries().native, 'bin'))).toBe(true)
})

it('says how to go on where a platform has no binary', () => {
  expect(() => findBinaries('linux', 'riscv64')).toThrow(
    expect.objectContaining({
      code: 'embedded_no_binary',
      message: expect.stringMatching(/linux-riscv64.*DATABASE_URL/),
    }),
  )
})

it('makes the library links that an install without scripts left out, once or again', () => {
  const native = unlinkedPackage()
  linkLibraries(native)
  linkLibraries(native)
  expect(readlinkSync(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
})

it('copies closed binaries to where all can read them, links included', () => {
  const native = unlinkedPackage()
  chmodSync(join(native, 'lib'), 0o700)
  const copy = copyBinaries({ native, version: '18.4' }, join(folder, 'open'))
  expect(readFileSync(join(copy, 'lib', 'libpq.so.5'), 'utf8')).toBe('library')
  chmodSync(folder, 0o755)
  expect(openToAll(join(copy, 'lib'))).toBe(true)
  expect(copyBinaries({ native, version: '18.4' }, join(folder, 'open'))).toBe(copy)
})

it('knows a path below a closed folder', () => {
  mkdirSync(join(folder, 'closed', 'inner'), { recursive: true })
  chmodSync(folder, 0o755)
  expect(openToAll(join(folder, 'closed', 'inner'))).toBe(true)
  chmodSync(join(folder, 'closed'), 0o700)
  expect(openToAll(join(folder, 'closed', 'inner'))).toBe(false)
})
