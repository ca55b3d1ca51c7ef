import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { birthOf, servesData } from './processes.js'

it('tells two processes apart by their birth, and the same one never from itself', async () => {
  const child = spawn('sleep', ['30'])
  await once(child, 'spawn')
  const birth = birthOf(child.pid ?? 0)
  expect(birth).not.toBeNull()
  expect(birthOf(child.pid ?? 0)).toBe(birth)
  expect(birthOf(process.pid)).not.toBe(birth)
  child.kill()
  await once(child, 'exit')
  expect(birthOf(child.pid ?? 0)).toBeNull()
})

it.runIf(process.platform === 'linux')('counts a zombie as gone', async () => {
  // The shell replaces itself by a program that never reaps the child it inherits; only then may that child end.
  const parent = spawn('sh', ['-c', 'exec 3<&0; (read -r line <&3) & echo $!; exec sleep 30'])
  const [said] = (await once(parent.stdout, 'data')) as [Buffer]
  const zombie = Number(said.toString().trim())
  while (!readFileSync(`/proc/${parent.pid}/cmdline`, 'utf8').startsWith('sleep')) await new Promise(setImmediate)
  parent.stdin.end('end\n')
  while (!readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z ')) await new Promise(setImmediate)
  expect(birthOf(zombie)).toBeNull()
  parent.kill()
})

it('does not take another program for the server of a data directory', () => {
  expect(servesData(process.pid, '/somewhere/data')).toBe(false)
  expect(servesData(0x3fffff, '/somewhere/data')).toBe(false)
})
