import { afterEach, expect, it } from 'vitest'
import { Crew } from './crew.js'

const heard: unknown[] = []
const replaced: number[][] = []
const crew = new Crew({
  file: new URL('./crew.fixture.ts', import.meta.url),
  size: 1,
  env: {},
  log: 2,
  heard: (message) => heard.push(message),
  replaced: (dead, fresh) => replaced.push([dead, fresh]),
})
afterEach(() => crew.stop(5_000))

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('replaces a member that was killed, carries messages, and leaves nobody behind', async () => {
  await crew.start()
  const [first = 0] = crew.pids
  crew.kill(first)
  await expect.poll(() => replaced.length, { timeout: 10_000 }).toBe(1)
  const [second = 0] = crew.pids
  expect(replaced).toEqual([[first, second]])
  expect(crew.send(first, { hello: 1 })).toBe(false)
  expect(crew.send(second, { hello: 2 })).toBe(true)
  await expect.poll(() => heard).toEqual([{ pid: second, message: { hello: 2 } }])
  await crew.stop(5_000)
  expect([crew.pids, lives(second), replaced.length]).toEqual([[], false, 1])
})
