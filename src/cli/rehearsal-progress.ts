import type { Io } from './io.js'
import { span } from './words.js'

const WATCHED_EVERY_MS = 1_000
const UNWATCHED_EVERY_MS = 10_000

export interface Underway {
  readonly doing: string
  readonly planned: number
  readonly broken: number
  readonly done: number
}

/** Tells on stderr how far a rehearsal is: each second where somebody watches, else a line every ten. */
export class RehearsalProgress {
  #state: Underway = { doing: 'loads', planned: 0, broken: 0, done: 0 }
  readonly #beganMs: number
  #stop: () => void = () => undefined
  #watched = false

  constructor(
    private readonly io: Pick<Io, 'clock' | 'err' | 'watched'>,
    private readonly forMs: number,
  ) {
    this.#beganMs = io.clock.monotonic()
  }

  start(): void {
    const everyMs = this.io.watched ? WATCHED_EVERY_MS : UNWATCHED_EVERY_MS
    const ring = () => {
      this.#say()
      this.#stop = this.io.clock.timer(everyMs, ring)
    }
    this.#stop = this.io.clock.timer(everyMs, ring)
  }

  heard(state: Underway): void {
    this.#state = state
  }

  end(): void {
    this.#stop()
    if (this.#watched) this.io.err('\r\u001b[K')
  }

  #say(): void {
    const line = progressLine(this.#state, this.io.clock.monotonic() - this.#beganMs, this.forMs)
    this.#watched = this.io.watched
    this.io.err(this.io.watched ? `\r\u001b[K${line}` : `${line}\n`)
  }
}

/** `refund-desk plays: 1200 of 10000 cases, 980/s, 9s left, 0 broken`. */
export function progressLine({ doing, planned, broken, done }: Underway, tookMs: number, forMs: number): string {
  const perSecond = done / Math.max(0.001, tookMs / 1_000)
  const byCases = perSecond > 0 && planned > done ? ((planned - done) / perSecond) * 1_000 : Number.POSITIVE_INFINITY
  const leftMs = Math.min(byCases, Math.max(0, forMs - tookMs))
  const left = Number.isFinite(leftMs) ? `, ${span(leftMs)} left` : ''
  const of = planned > done && Number.isFinite(planned) ? ` of ${planned}` : ''
  return `${doing}: ${done}${of} cases, ${Math.round(perSecond)}/s${left}, ${broken} broken`
}
