import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { FromChild, ToChild } from './isolated-wire.js'
import { putLast } from './lowest-priority.js'
import { forkOwn } from './own-copy.js'

/** What became of a child while it loaded its module. */
export type Loaded = 'ready' | 'unloadable' | 'gone'

const ENTRY = new URL('./isolated-child.js', import.meta.url)
const LINE_CHARS = 4_000

/** One child that loads one module and makes at most one call. It never keeps this process alive by itself. */
export class IsolatedProcess {
  /** Resolves once the module is loaded, or will never be; it has not acted by then. */
  readonly loaded: Promise<Loaded>
  /** What its lines on stderr are marked with, and how they are cleaned. */
  label: string
  conceal: (text: string) => string = (text) => text
  readonly #child: ChildProcess
  #gone = false
  #hear: (message: FromChild) => void = () => undefined
  #over: (why: string) => void = () => undefined

  constructor(
    readonly module: string,
    readonly memoryMb: number,
  ) {
    this.label = `tools of ${module}`
    // In a group of its own, so that Ctrl-C does not cut off an act that this process would let settle.
    this.#child = forkOwn(ENTRY, [module, String(memoryMb)], memoryMb)
    this.#putLast()
    this.#forward(this.#child.stdout)
    this.#forward(this.#child.stderr)
    this.loaded = new Promise((resolve) => {
      this.#child.on('message', (message: FromChild) => {
        if (message.kind === 'ready') {
          // By now it has all its threads.
          this.#putLast()
          resolve('ready')
        } else if (message.kind === 'unloadable') {
          this.#print(`could not be loaded: ${message.message}`)
          resolve('unloadable')
        } else this.#hear(message)
      })
      this.#child.on('error', (error) => this.#end(resolve, error.message))
      this.#child.on('exit', (code, signal) => {
        const end = () => this.#end(resolve, signal ?? `code ${code}`)
        // An answer may still lie in the channel of a process that has ended.
        if (this.#child.connected) this.#child.once('disconnect', end)
        else end()
      })
    })
    this.hold(false)
  }

  #end(resolve: (loaded: Loaded) => void, why: string): void {
    this.#gone = true
    resolve('gone')
    this.#over(why)
  }

  get gone(): boolean {
    return this.#gone || !this.#child.connected
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Whether this process stays alive for the child's answer. */
  hold(held: boolean): void {
    const set = held ? 'ref' : 'unref'
    this.#child[set]()
    this.#child.channel?.[set]()
    for (const stream of [this.#child.stdout, this.#child.stderr])
      (stream as { unref?(): void; ref?(): void })?.[set]?.()
  }

  /** From now on: every message, and the end if there is no answer before it. */
  follow(hear: (message: FromChild) => void, over: (why: string) => void): void {
    this.#hear = hear
    this.#over = over
  }

  send(message: ToChild): void {
    // Where the channel has just broken, the end of the child tells.
    this.#child.send(message, () => undefined)
  }

  /** At once and without a word; with everything the tool started in its group. */
  kill(): void {
    const { pid } = this.#child
    try {
      if (pid !== undefined && !this.#gone) process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {
      this.#child.kill('SIGKILL')
    }
  }

  #putLast(): void {
    const { pid } = this.#child
    if (pid !== undefined) putLast(pid)
  }

  #forward(stream: Readable | null): void {
    if (stream) createInterface({ input: stream }).on('line', (line) => this.#print(line))
  }

  #print(line: string): void {
    process.stderr.write(`[${this.label}] ${this.conceal(line).slice(0, LINE_CHARS)}\n`)
  }
}
