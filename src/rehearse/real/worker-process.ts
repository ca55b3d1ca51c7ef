import type { ChildProcess } from 'node:child_process'
import { MidwatchError } from '../../core/errors.js'
import { forkOwn } from '../../tools/own-copy.js'
import { endGroup, type Warden } from './warden.js'
import type { Begin, FromWorker, ToWorker, WorkerOrder } from './wire.js'

const ENTRY = new URL('./real-worker.js', import.meta.url)
const LAST_WORDS_CHARS = 2_000

/** A process that has loaded the scenario, and waits to be told what to work on. */
export class WorkerProcess {
  /** Resolves once it is loaded. Rejects with `invalid_rehearsal` where it cannot be. */
  readonly loaded: Promise<void>
  /** Resolves when it is gone, with how. */
  readonly gone: Promise<string>
  readonly #child: ChildProcess
  #isGone = false
  #words = ''
  #hear: (message: FromWorker) => void = () => undefined

  constructor(order: WorkerOrder, warden: Warden) {
    this.#child = forkOwn(ENTRY, [JSON.stringify(order)])
    const { pid } = this.#child
    if (pid !== undefined) warden.born(pid)
    this.#child.stdout?.resume()
    this.#child.stderr?.on('data', (part) => {
      this.#words = (this.#words + part).slice(-LAST_WORDS_CHARS)
    })
    this.gone = new Promise((resolve) => {
      const over = (how: string) => {
        this.#isGone = true
        if (pid !== undefined) warden.gone(pid)
        resolve(how)
      }
      this.#child.once('error', (error) => over(error.message))
      this.#child.once('exit', (code, signal) => over(signal ?? `exit code ${code}`))
    })
    this.loaded = new Promise((resolve, reject) => {
      void this.gone.then((how) => reject(unloadable(this.#words.trim() || `its process ended (${how})`)))
      this.#child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'unloadable') reject(unloadable(message.message))
        else this.#hear(message)
      })
    })
    this.loaded.catch(() => undefined)
  }

  get lastWords(): string {
    return this.#words.trim()
  }

  begin(begin: Begin, hear: (message: FromWorker) => void): void {
    this.#hear = hear
    this.send(begin)
  }

  send(message: ToWorker): void {
    // Where the channel has just broken, the end of the process tells.
    if (!this.#isGone && this.#child.connected) this.#child.send(message, () => undefined)
  }

  /** Lets it go on that was stopped. */
  wake(): void {
    this.#child.kill('SIGCONT')
  }

  async end(): Promise<void> {
    const { pid } = this.#child
    if (pid !== undefined && !this.#isGone) endGroup(pid)
    await this.gone
  }
}

function unloadable(message: string): MidwatchError {
  return new MidwatchError('invalid_rehearsal', message)
}
