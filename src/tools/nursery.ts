import type { ChildProcess } from 'node:child_process'
import type { FromChild, ToChild } from './isolated-wire.js'
import { killGroup } from './kill-group.js'
import type { FromNursery, ToNursery } from './nursery-wire.js'
import { forkOwn, hasLoader } from './own-copy.js'

const ENTRY = new URL('./isolated-nursery.js', import.meta.url)

/** What becomes of a child, as it comes in. */
interface Hears {
  said(message: FromChild): void
  printed(line: string): void
  /** Last of all, once. */
  ended(why: string): void
}

/** One child of a nursery, as its worker holds it. */
export interface Nursling {
  readonly pid: number | undefined
  say(message: ToChild): void
  kill(): void
  /** Whether the worker stays alive for it. */
  hold(held: boolean): void
}

/** The process that forks for this one: it comes with the first child, and goes when the last has gone and none is expected. */
class Nursery {
  readonly #process: ChildProcess
  readonly #hears = new Map<number, Hears>()
  readonly #pids = new Map<number, number>()
  readonly #held = new Set<number>()
  #retiring = false
  #gone = false

  constructor() {
    this.#process = forkOwn(ENTRY, [], { streams: 'inherit' })
    this.#process.on('message', (message: FromNursery) => this.#hear(message))
    this.#process.on('error', (error) => this.#lost(error.message))
    this.#process.on('exit', (code, signal) => {
      const end = () => this.#lost(`with what forks for this process: ${signal ?? `code ${code}`}`)
      if (this.#process.connected) this.#process.once('disconnect', end)
      else end()
    })
    this.#refer()
  }

  get gone(): boolean {
    return this.#gone || !this.#process.connected
  }

  fork(id: number, module: string, memoryMb: number, hears: Hears): Nursling {
    this.#retiring = false
    this.#hears.set(id, hears)
    const as = { loader: hasLoader(), env: process.env, cwd: process.cwd() }
    this.#tell({ kind: 'fork', id, module, memoryMb, ...as })
    const pidOf = () => this.#pids.get(id)
    return {
      get pid() {
        return pidOf()
      },
      say: (message) => this.#tell({ kind: 'say', id, message }),
      kill: () => this.#kill(id),
      hold: (held) => this.#hold(id, held),
    }
  }

  /** Ends when its last child has. */
  retire(): void {
    this.#retiring = true
    this.#leave()
  }

  #kill(id: number): void {
    if (!this.#hears.has(id)) return
    const pid = this.#pids.get(id)
    // Not by way of the nursery where that can be helped: it may be busy with a fork.
    if (pid === undefined) this.#tell({ kind: 'kill', id })
    else killGroup(pid)
  }

  #hold(id: number, held: boolean): void {
    if (held && this.#hears.has(id)) this.#held.add(id)
    else this.#held.delete(id)
    this.#refer()
  }

  #refer(): void {
    const set = this.#held.size > 0 ? 'ref' : 'unref'
    this.#process[set]()
    this.#process.channel?.[set]()
  }

  #tell(message: ToNursery): void {
    // Where the channel has just broken, its end tells.
    if (this.#process.connected) this.#process.send(message, () => undefined)
  }

  #hear(message: FromNursery): void {
    const { id } = message
    if (message.kind === 'forked') this.#pids.set(id, message.pid)
    else if (message.kind === 'said') this.#hears.get(id)?.said(message.message)
    else if (message.kind === 'printed') this.#hears.get(id)?.printed(message.line)
    else this.#over(id, message.why)
  }

  #over(id: number, why: string): void {
    const hears = this.#hears.get(id)
    this.#hears.delete(id)
    this.#pids.delete(id)
    this.#hold(id, false)
    hears?.ended(why)
    this.#leave()
  }

  #leave(): void {
    if (this.#retiring && this.#hears.size === 0 && this.#process.connected) this.#process.disconnect()
  }

  #lost(why: string): void {
    this.#gone = true
    // None of them outlives its channel for long; what they were doing is as much in doubt as if they had ended alone.
    for (const id of [...this.#hears.keys()]) {
      killGroup(this.#pids.get(id))
      this.#over(id, why)
    }
  }
}

let current: Nursery | null = null
let ids = 0

/** Starts a child that loads one module; what it says is heard in order. It does not keep this process alive by itself. */
export function nurse(module: string, memoryMb: number, hears: Hears): Nursling {
  if (current === null || current.gone) current = new Nursery()
  ids += 1
  return current.fork(ids, module, memoryMb, hears)
}

/** Ends what forks for this process, once the last child has ended; the next child brings another. */
export function closeNursery(): void {
  current?.retire()
}
