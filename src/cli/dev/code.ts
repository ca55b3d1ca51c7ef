import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { forkOwn } from '../../runtime/own-copy.js'
import type { DevOrder, FromDev, ToDev } from './wire.js'

const ENTRY = new URL('./child.js', import.meta.url)
/** What it has under way may take ten seconds to settle; then it is ended. */
const DRAIN_MS = 15_000
/** From a signal that it may heed to one that it cannot but. */
const SIGNAL_MS = 1_500

/** How a process with the project's code began. */
export type Begun = { readonly ok: true } | { readonly ok: false; readonly why: string }

export interface CodeHearing {
  readonly heard: (message: FromDev) => void
  /** What the project's own code writes. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** One process with the project's code as it was when it started. */
export class Code {
  readonly #child: ChildProcess
  /** Resolves once it works runs, or cannot. */
  readonly begun: Promise<Begun>
  /** Resolves with what ended it. */
  readonly over: Promise<string>
  #freed: () => void = () => undefined
  readonly #isFree: Promise<void>

  constructor(order: DevOrder, hearing: CodeHearing) {
    this.#child = forkOwn(ENTRY, [JSON.stringify(order)])
    this.#child.stdout?.on('data', (part) => hearing.out(String(part)))
    this.#child.stderr?.on('data', (part) => hearing.err(String(part)))
    this.#isFree = new Promise((resolve) => {
      this.#freed = resolve
    })
    this.over = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    this.begun = new Promise((resolve) => {
      this.#child.on('message', (message: FromDev) => {
        if (message.kind === 'loaded') resolve({ ok: true })
        if (message.kind === 'unloadable') resolve({ ok: false, why: message.message })
        if (message.kind === 'freed') this.#freed()
        hearing.heard(message)
      })
      void this.over.then((why) => {
        this.#freed()
        resolve({ ok: false, why: `its process ended (${why})` })
      })
    })
  }

  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** The code before it has let go. */
  open(): void {
    this.#send({ kind: 'open' })
  }

  /** Nothing more begins; resolves once it begins nothing and its port is free. What is under way is settled behind that. */
  async drain(): Promise<void> {
    this.#send({ kind: 'drain' })
    const late = setTimeout(() => this.#child.kill('SIGTERM'), DRAIN_MS)
    const latest = setTimeout(() => this.#child.kill('SIGKILL'), DRAIN_MS + SIGNAL_MS)
    void this.over.then(() => {
      clearTimeout(late)
      clearTimeout(latest)
    })
    await this.#isFree
  }

  /** From an exit handler: by SIGTERM it stops an embedded server too; one whose event loop is blocked does not hear it. */
  endNow(): void {
    const { pid } = this.#child
    if (this.gone || pid === undefined) return
    this.#child.kill('SIGTERM')
    const nap = new Int32Array(new SharedArrayBuffer(4))
    const until = Date.now() + SIGNAL_MS
    while (isAlive(pid) && Date.now() < until) Atomics.wait(nap, 0, 0, 20)
    if (isAlive(pid)) this.#child.kill('SIGKILL')
  }

  #send(message: ToDev): void {
    // Where the channel has just broken, the end of the process tells.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }
}

/** A process that has ended and was not yet waited for answers too, on Linux as `Z`. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '')
  } catch {
    return false
  }
}
