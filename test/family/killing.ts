import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { forkBuilt } from '../built.js'

const WORKERS = 3

/** One death each `ms`, `most` in all. */
export interface Deaths {
  readonly ms: number
  readonly most: number
}

interface Worker {
  readonly child: ChildProcess
  isReady: boolean
}

/** Worker processes of which one is killed outright every so often, and another takes its place. */
export class Killing {
  readonly #workers: Worker[] = []
  #timer: NodeJS.Timeout | null = null
  kills = 0

  constructor(
    private readonly url: string,
    private readonly every: Deaths,
  ) {}

  /** Resolves once the first workers are ready; from then on the killing goes on until `stop`. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, () => this.#add()))
    this.#timer = setInterval(() => this.#kill(), this.every.ms)
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await Promise.all(this.#workers.splice(0).map(({ child }) => dismiss(child)))
  }

  /** The oldest that works dies. One that has only just been started holds nothing yet: to kill it would show nothing. */
  #kill(): void {
    const victim = this.#workers.find(({ isReady }) => isReady)
    if (!victim || this.kills >= this.every.most) return
    this.#workers.splice(this.#workers.indexOf(victim), 1)
    victim.child.kill('SIGKILL')
    this.kills += 1
    void this.#add()
  }

  async #add(): Promise<void> {
    const child = await forkBuilt(new URL('worker.ts', import.meta.url), [this.url])
    const worker = { child, isReady: false }
    this.#workers.push(worker)
    await once(child, 'message')
    worker.isReady = true
  }
}

async function dismiss(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
