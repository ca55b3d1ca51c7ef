import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { forkBuilt } from '../built.js'
import type { Told } from './scene.js'

/** A worker process and what it has told so far. */
export class Hand {
  readonly told: Told[] = []

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => {
      if (typeof message === 'object') this.told.push(message as Told)
    })
  }

  static async hire(url: string, lease: string): Promise<Hand> {
    const child = await forkBuilt(new URL('worker.ts', import.meta.url), [url, lease])
    const hand = new Hand(child)
    await once(child, 'message')
    return hand
  }

  /** As the ledger knows it. */
  get name(): string {
    return `kill-${this.child.pid}`
  }

  count(what: Told['what']): number {
    return this.told.filter((one) => one.what === what).length
  }

  /** Alive, and deaf: until `wake`. */
  stop(): void {
    this.child.kill('SIGSTOP')
  }

  wake(): void {
    this.child.kill('SIGCONT')
  }

  /** Lets the process end by itself. */
  async dismiss(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.wake()
    const gone = once(this.child, 'exit')
    this.child.disconnect()
    await gone
  }
}
