import { createHmac } from 'node:crypto'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Notice } from '../core/operated.js'
import type { Clock } from '../core/time.js'
import type { Service } from './service.js'

/** Where people are told. The body is signed: `midwatch-signature: t=EPOCH_MS,v1=HMAC-SHA-256(secret, "t.body")`. */
export interface NotifyOptions {
  readonly url: string
  readonly secret: string
}

const SEND_TIMEOUT_MS = 10_000
const RETRY_AFTER_MS = 15_000

/** Sends notices to a webhook at least once, each with its id. */
export class Notifier implements Service {
  #stop = new AbortController()
  #nap = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(
    private readonly ports: { ledger: Ledger; clock: Clock; alarm: (what: string) => void },
    private readonly target: NotifyOptions,
  ) {}

  start(): Promise<void> {
    this.#loop = this.#run()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  poke(): void {
    this.#nap.abort()
  }

  async #run(): Promise<void> {
    const { ledger, clock, alarm } = this.ports
    while (!this.#stop.signal.aborted) {
      this.#nap = new AbortController()
      try {
        for (const notice of await ledger.notices({ limit: 20, retryAfterMs: RETRY_AFTER_MS })) await this.#send(notice)
      } catch (error) {
        if (this.#stop.signal.aborted) return
        alarm(`Notices wait: ${error instanceof Error ? error.message : String(error)}`)
      }
      await clock.sleep(LIMITS.poll_ms * 2, AbortSignal.any([this.#nap.signal, this.#stop.signal]))
    }
  }

  async #send(notice: Notice): Promise<void> {
    const { id, kind, tenant, runId, at } = notice
    const body = JSON.stringify({ id, kind, tenant, runId, at, detail: JSON.parse(notice.body) })
    const stamp = this.ports.clock.now()
    const sum = createHmac('sha256', this.target.secret).update(`${stamp}.${body}`).digest('hex')
    const headers = {
      'content-type': 'application/json',
      'midwatch-id': id,
      'midwatch-signature': `t=${stamp},v1=${sum}`,
    }
    const signal = AbortSignal.any([AbortSignal.timeout(SEND_TIMEOUT_MS), this.#stop.signal])
    const answer = await fetch(this.target.url, { method: 'POST', headers, body, signal })
    await answer.body?.cancel()
    if (answer.ok) await this.ports.ledger.noticeSent({ id })
    else this.ports.alarm(`The notify webhook answered ${answer.status}; notice ${id} will be sent again.`)
  }
}
