import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Reply, Told } from './child.js'
import type { LongRun, Order, Pass, Setting } from './contender.js'
import type { Sample } from './sample.js'

/** Whoever has not answered by then never will. */
const PATIENCE_MS = 60_000
/** Some peers keep their process alive though they were closed. */
const CLOSES_WITHIN_MS = 5_000

/** A contender in a process of its own: nobody's garbage and compiled code is another's. */
export class ContenderProcess {
  readonly #child: ChildProcess

  private constructor(profile: string | null) {
    const profiled = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    this.#child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [], {
      execArgv: [...process.execArgv.filter((arg) => !arg.startsWith('--inspect')), ...profiled],
    })
  }

  static async open(setting: Setting, profile: string | null): Promise<ContenderProcess> {
    const made = new ContenderProcess(setting.kind === 'governed' ? profile : null)
    try {
      await made.#ask({ tell: 'open', setting })
      return made
    } catch (error) {
      made.#child.kill()
      throw error
    }
  }

  pass(order: Order): Promise<Pass> {
    return this.#ask({ tell: 'pass', order }, order.warmupMs + order.windowMs + PATIENCE_MS) as Promise<Pass>
  }

  long(steps: number): Promise<LongRun> {
    return this.#ask({ tell: 'long', steps }) as Promise<LongRun>
  }

  sample(): Promise<Sample> {
    return this.#ask({ tell: 'sample' }) as Promise<Sample>
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    await this.#ask({ tell: 'close' }).catch(() => this.#child.kill())
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), CLOSES_WITHIN_MS)
    await exited
    clearTimeout(impatience)
  }

  /** One question at a time. */
  async #ask(told: Told, withinMs = PATIENCE_MS): Promise<unknown> {
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), withinMs)
    const answered = new AbortController()
    const { signal } = answered
    const gone = once(this.#child, 'exit', { signal }).then(() => ({ error: 'The process of a contender ended.' }))
    const heard = once(this.#child, 'message', { signal }).then(([reply]) => reply as Reply)
    for (const either of [gone, heard]) either.catch(() => undefined)
    this.#child.send(told)
    const reply = await Promise.race([heard, gone])
    answered.abort()
    clearTimeout(impatience)
    if ('error' in reply) throw new Error(reply.error)
    return reply.value
  }
}
