import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { forkBuilt } from '../built.js'
import type { Strike } from './schedule.js'

/** Worker processes that are killed and replaced, or stopped and let go on. */
export class Crew {
  readonly struck = { SIGKILL: 0, SIGSTOP: 0 }
  readonly #places: (ChildProcess | null)[] = []
  readonly #stopped = new Set<ChildProcess>()
  readonly #after = new Set<Promise<void>>()

  /** One that is stopped does not notice that nobody needs it any more. */
  readonly #atExit = () => {
    for (const child of this.#places) child?.kill('SIGKILL')
  }

  private constructor(private readonly url: string) {
    process.on('exit', this.#atExit)
  }

  static async hire(url: string, count: number): Promise<Crew> {
    const crew = new Crew(url)
    crew.#places.push(...(await Promise.all(Array.from({ length: count }, () => crew.#fork()))))
    return crew
  }

  /** Strikes the worker that is named, or the next one that can be; what follows from it happens by itself. */
  strike({ what, worker, forMs }: Strike): void {
    const places = this.#places.map((_, i) => (worker + i) % this.#places.length)
    const place = places.find((i) => this.#isUp(this.#places[i], what))
    const child = place === undefined ? null : this.#places[place]
    if (place === undefined || !child) return
    child.kill(what)
    this.struck[what] += 1
    const follows = what === 'SIGKILL' ? this.#replace(place, child, forMs) : this.#letGoOn(child, forMs)
    this.#after.add(follows)
    void follows.finally(() => this.#after.delete(follows))
  }

  /** Until everybody is back. */
  async rest(): Promise<void> {
    while (this.#after.size > 0) await Promise.all(this.#after)
  }

  async dismiss(): Promise<void> {
    await this.rest()
    await Promise.all(this.#places.map((child) => child && leave(child)))
    process.off('exit', this.#atExit)
  }

  #isUp(child: ChildProcess | null | undefined, what: Strike['what']): boolean {
    return child != null && (what === 'SIGKILL' || !this.#stopped.has(child))
  }

  async #replace(place: number, child: ChildProcess, afterMs: number): Promise<void> {
    this.#places[place] = null
    this.#stopped.delete(child)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await sleep(afterMs)
    this.#places[place] = await this.#fork()
  }

  async #letGoOn(child: ChildProcess, afterMs: number): Promise<void> {
    this.#stopped.add(child)
    await sleep(afterMs)
    this.#stopped.delete(child)
    child.kill('SIGCONT')
  }

  /** The database may be away just now: it is tried again. */
  async #fork(): Promise<ChildProcess> {
    for (;;) {
      const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const
      const child = await forkBuilt(new URL('worker.ts', import.meta.url), [this.url], { stdio: [...stdio] })
      const isReady = await Promise.race([
        once(child, 'message').then(() => true),
        once(child, 'exit').then(() => false),
      ])
      if (isReady) return child
      await sleep(200)
    }
  }
}

async function leave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.disconnect()
  await Promise.race([gone, sleep(15_000).then(() => child.kill('SIGKILL'))])
}
