import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lock, lockNow, tryLock } from './lock.js'
import { countLiving, makeMark, readMark } from './marks.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'midwatch-lock-'))
  path = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('is held by one at a time and free after its release', () => {
  const release = tryLock(path)
  expect(release).not.toBeNull()
  expect(tryLock(path)).toBeNull()
  release?.()
  expect(tryLock(path)).not.toBeNull()
})

it('is cleared of a holder that is dead, and of one whose pid lives again', async () => {
  symlinkSync('4194304.gone-1.abc', path)
  expect(await lock(path, 1_000)).not.toBeNull()
  rmSync(path)
  symlinkSync(`${process.pid}.another-birth.abc`, path)
  expect(await lock(path, 1_000)).not.toBeNull()
})

it('is cleared although whoever was clearing it died too', async () => {
  symlinkSync('4194304.gone-1.abc', path)
  symlinkSync('4194304.gone-2.def', `${path}.after-abc`)
  expect(await lock(path, 1_000)).not.toBeNull()
  expect(existsSync(`${path}.after-abc`)).toBe(false)
})

it('says who holds it when it is not given up in time', async () => {
  tryLock(path)
  await expect(lock(path, 30)).rejects.toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining(String(process.pid)),
  })
})

it('is not waited for in an exit handler when this very process holds it', () => {
  tryLock(path)
  const before = performance.now()
  expect(lockNow(path, 5_000)).toBeNull()
  expect(performance.now() - before).toBeLessThan(1_000)
})

it('keeps many processes apart while their predecessors die holding it', async () => {
  const counter = join(folder, 'counter')
  writeFileSync(counter, '0')
  const script = `
    import { lock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
    import { readFileSync, writeFileSync } from 'node:fs'
    for (let n = 0; n < 20; n += 1) {
      const release = await lock(${JSON.stringify(path)}, 20000)
      const seen = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'))
      await new Promise(setImmediate)
      writeFileSync(${JSON.stringify(counter)}, String(seen + 1))
      if (n === 19) process.kill(process.pid, 'SIGKILL')
      release()
    }`
  const start = () =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: 'inherit' })
  await Promise.all([1, 2, 3, 4].map(() => once(start(), 'exit')))
  expect(readFileSync(counter, 'utf8')).toBe('80')
})

it('counts the living marks of a folder and sweeps the dead', () => {
  makeMark(join(folder, 'me'))
  symlinkSync('4194304.gone.abc', join(folder, 'dead'))
  symlinkSync(`${process.pid}.another-birth.abc`, join(folder, 'reused'))
  expect(countLiving(folder)).toBe(1)
  expect(readMark(join(folder, 'dead'))).toBeNull()
  expect(readMark(join(folder, 'me'))?.pid).toBe(process.pid)
})
