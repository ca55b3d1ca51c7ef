import type { NaiveEnd } from '../naive/loop.js'
import type { Crew } from './crew.js'
import type { Delivery, Ended, WorkingDesk } from './ended.js'

/** What a naive worker reports of one message. */
export type NaiveReport = { readonly id: number } & ({ readonly end: NaiveEnd } | { readonly error: string })

interface Pending {
  readonly id: number
  readonly text: string
  pid: number
  readonly finish: (report: NaiveReport) => void
}

/**
 * The naive desk with a queue before it that delivers at least once: what a dead worker held is given to the next, who starts
 * from the beginning, for nothing was kept.
 */
export class NaiveDesk implements WorkingDesk {
  readonly side = 'naive'
  readonly #pending = new Map<number, Pending>()
  #serial = 0

  constructor(private readonly crew: () => Crew) {}

  async deliver(delivery: Delivery): Promise<Ended> {
    const from = performance.now()
    const report = await this.#send(delivery.text)
    const latencyMs = performance.now() - from
    const ended = { side: 'naive', delivery, latencyMs, runId: '', asked: false, approved: false, retries: 0 } as const
    if ('error' in report) return { ...ended, status: 'crashed', why: report.error, steps: 0 }
    const { status, say, turns } = report.end
    return { ...ended, status, why: say, steps: turns }
  }

  heard(report: NaiveReport): void {
    const one = this.#pending.get(report.id)
    this.#pending.delete(report.id)
    one?.finish(report)
  }

  /** The queue notices that a worker is gone and delivers what it held again. */
  redeliver(deadPid: number, freshPid: number): void {
    for (const one of this.#pending.values()) {
      // 0: it came when no worker was there.
      if (one.pid !== deadPid && one.pid !== 0) continue
      one.pid = freshPid
      this.crew().send(freshPid, { id: one.id, text: one.text })
    }
  }

  #send(text: string): Promise<NaiveReport> {
    const { pids } = this.crew()
    this.#serial += 1
    const id = this.#serial
    const pid = pids[id % pids.length] ?? 0
    return new Promise((finish) => {
      this.#pending.set(id, { id, text, pid, finish })
      this.crew().send(pid, { id, text })
    })
  }
}
