import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Warden } from './warden.js'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('ends those who are left when it is closed, stopped ones among them', async () => {
  const warden = new Warden()
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
  const gone = once(child, 'exit')
  warden.born(child.pid ?? 0)
  child.kill('SIGSTOP')
  warden.close()
  expect((await gone)[1]).toBe('SIGKILL')
})

it('ends them when its own process is killed outright, and spares who had gone before', async () => {
  const url = new URL('./warden.ts', import.meta.url).href
  const home = mkdtempSync(join(tmpdir(), 'midwatch-warden-'))
  const script = `
    import { spawn } from 'node:child_process'
    const { Warden } = await import(${JSON.stringify(url)})
    const warden = new Warden()
    const kids = [1, 2].map(() => spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }))
    for (const { pid } of kids) warden.born(pid)
    kids[0].kill('SIGSTOP')
    warden.gone(kids[1].pid)
    warden.keeps(${JSON.stringify(home)})
    process.stdout.write(kids.map((k) => k.pid).join(' ') + '\\n')
    setInterval(() => undefined, 1000)`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(parent.stdout, 'data')
  const [left, spared] = String(line).trim().split(' ').map(Number) as [number, number]
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(left), { timeout: 5_000 }).toBe(false)
  expect(isAlive(spared)).toBe(true)
  await expect.poll(() => existsSync(home), { timeout: 5_000 }).toBe(false)
  process.kill(spared, 'SIGKILL')
}, 20_000)
