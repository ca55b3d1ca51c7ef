/**
 * A small process of a worker's that forks its isolated children and passes on what is said. To fork stops a process for as
 * long as the new one needs to come up, 5 to 20 ms beside busy neighbours: that must not be a worker with a hundred runs.
 * It ends with its worker, and every child with it.
 */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { FromChild } from './isolated-wire.js'
import { throughLastHalf } from './kept-apart.js'
import { killGroup } from './kill-group.js'
import { putLast, putNearlyLast } from './lowest-priority.js'
import type { FromNursery, ToNursery } from './nursery-wire.js'
import { forkOwn } from './own-copy.js'

/** As it was built in few files, under the condition by which package.json names them: a child loads all of it anew. */
const BUNDLED = new URL('../isolated/tools/isolated-child.js', import.meta.url)
const CONDITION = 'midwatch-isolated'
const ENTRY = import.meta.url.endsWith('.ts') ? new URL('./isolated-child.js', import.meta.url) : BUNDLED
const children = new Map<number, ChildProcess>()

function say(message: FromNursery): void {
  // A worker that is gone hears nothing; 'disconnect' ends this process.
  process.send?.(message)
}

function start({ id, module, memoryMb, loader, env, cwd }: Extract<ToNursery, { kind: 'fork' }>): void {
  const argv = [module, String(memoryMb), loader ? 'loader' : 'plain']
  const child = forkOwn(ENTRY, argv, { heapMb: memoryMb, condition: CONDITION, env, cwd, through: throughLastHalf() })
  children.set(id, child)
  child.on('error', (error) => over(id, error.message))
  child.on('exit', (code, signal) => {
    const end = () => over(id, signal ?? `code ${code}`)
    // An answer may still lie in the channel of a process that has ended.
    if (child.connected) child.once('disconnect', end)
    else end()
  })
  if (child.pid === undefined) return
  putNearlyLast(child.pid)
  say({ kind: 'forked', id, pid: child.pid })
  child.on('message', (message: FromChild) => {
    // By now it has all its threads.
    if (message.kind === 'ready' && child.pid !== undefined) putLast(child.pid)
    say({ kind: 'said', id, message })
  })
  forward(id, child.stdout)
  forward(id, child.stderr)
}

function forward(id: number, stream: Readable | null): void {
  if (stream) createInterface({ input: stream }).on('line', (line) => say({ kind: 'printed', id, line }))
}

function over(id: number, why: string): void {
  if (children.delete(id)) say({ kind: 'ended', id, why })
}

process.on('message', (message: ToNursery) => {
  if (message.kind === 'fork') start(message)
  // Where the channel has just broken, the end of the child tells.
  else if (message.kind === 'say') children.get(message.id)?.send(message.message, () => undefined)
  else killGroup(children.get(message.id)?.pid)
})
process.on('disconnect', () => {
  for (const { pid } of children.values()) killGroup(pid)
  process.exit()
})
