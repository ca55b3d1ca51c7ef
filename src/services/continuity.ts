import { LIMITS } from '../core/limits.js'
import { type Lives, type Mark, type Standing, stopText, type Write } from '../core/lives.js'
import type { Clock, EpochMs } from '../core/time.js'
import type { Heads } from '../ledger/heads/heads.js'
import type { Gate } from '../orchestrator/gate.js'

export interface ContinuityOptions {
  readonly lives: Lives
  readonly heads: Heads
  readonly gate: Gate
  readonly clock: Clock
  /** The worker's. */
  readonly name: string
  readonly alarm: (what: string) => void
}

/** What the ledger answered about a worker's lease. */
export interface Heard {
  readonly workerId: number
  /** Whether the lease lasts: only then was this beat written down. */
  readonly held: boolean
  readonly at: EpochMs
  /** The last beat that the ledger knows of; null where it knows no such worker. */
  readonly was: EpochMs | null
  readonly standing: Standing
}

const CLOSED = 'unreconciled'

/**
 * Whether the ledger is the one that this worker knew. It went back where it does not know the last beat that it had acknowledged,
 * or a write that it had granted: then claims are stopped, for the whole fleet, until somebody has reconciled it. A promotion to
 * which commits had waited loses nothing, and is vouched for by whoever finds that so; any other stops claims, too.
 */
export class Continuity {
  #mark: Mark | null = null
  #startedAt: EpochMs = 0
  /** The stop for which this worker has told what it knows. */
  #toldOf: EpochMs | null = null
  #strangeSince: number | null = null

  constructor(private readonly options: ContinuityOptions) {}

  /** Before the first registration: what earlier processes of this machine knew. */
  async open(): Promise<void> {
    if (!this.options.heads.on) return
    await this.#weigh(await this.options.lives.standing(), { isSure: false, since: null })
  }

  /** This worker is registered from now on. */
  registered(heard: Omit<Heard, 'was' | 'held'>): Promise<void> {
    this.#startedAt = heard.at
    if (this.#mark !== null) this.#mark = { ...this.#mark, workerId: 0 }
    return this.heard({ ...heard, held: true, was: heard.at })
  }

  /** After each answer to a heartbeat. Rejects when the ledger is away in the midst of it: the next beat asks again. */
  async heard({ workerId, held, at, was, standing }: Heard): Promise<void> {
    const isKnown = standing.stopped === null && standing.life === standing.known
    const went = this.#wentBack(workerId, was, standing)
    if (!isKnown || went) {
      this.options.gate.close(CLOSED)
      // A beat of before that is still there was acknowledged after all that came before it.
      const isBefore = this.#mark?.workerId === workerId
      await this.#weigh(standing, { isSure: went, since: isBefore ? was : null })
      return
    }
    // Whoever was away while others reconciled tells what it knows all the same.
    if (this.#mark !== null && this.#mark.incarnation < standing.incarnation)
      await this.#weigh(standing, { isSure: false, since: null })
    this.#strangeSince = null
    if (held) this.#remember({ workerId, at, standing })
    this.options.gate.open(CLOSED)
  }

  /** Two who reconciled one after the other leave a higher incarnation: what was known before is void. */
  #wentBack(workerId: number, was: EpochMs | null, { incarnation }: Standing): boolean {
    const mark = this.#mark
    if (mark === null || incarnation > mark.incarnation) return false
    if (incarnation < mark.incarnation) return true
    return mark.workerId === workerId && (was ?? 0) < mark.beatAt
  }

  #remember({ workerId, at, standing }: Pick<Heard, 'workerId' | 'at' | 'standing'>): void {
    const { life, incarnation, isSynchronous } = standing
    this.#mark = { workerId, startedAt: this.#startedAt, beatAt: at, life, incarnation, isSynchronous }
    this.options.heads.mark(this.#mark)
  }

  async #weigh(standing: Standing, back: { readonly isSure: boolean; readonly since: EpochMs | null }): Promise<void> {
    const { lives, name, alarm } = this.options
    const { stopped } = standing
    if (stopped !== null && this.#toldOf === stopped.at) return
    const { marks, writes } = await lives.missing(this.options.heads.known())
    await lives.tell({ by: name, writes })
    if (stopped !== null) {
      this.#toldOf = stopped.at
      alarm(stopText(standing) ?? '')
      return
    }
    const isLost = back.isSure || marks.length > 0 || writes.length > 0
    const why = isLost ? lostText(writes) : await this.#strange(standing)
    if (why === null) return
    this.options.gate.close(CLOSED)
    await lives.stop({ why, by: name, since: earliest(back.since, writes) })
    alarm(`Claims are stopped: ${why}`)
  }

  /** Nothing of what this process knows is missing. Whether the ledger's new life can be gone on with: null, or why not. */
  async #strange({ life, known }: Standing): Promise<string | null> {
    if (life === known) return null
    const { lives, clock, alarm } = this.options
    const [server, line = ''] = life.split('/')
    const [serverBefore, lineBefore = ''] = known.split('/')
    if (server !== serverBefore) return 'the ledger is on another server than it was: a copy, or a restore of one.'
    // Only who has been there all the time can vouch: what another left on this disk may be older than what is lost.
    if (this.#mark?.life === known && Number(line) > Number(lineBefore)) {
      if (!this.#mark.isSynchronous)
        return `a standby was promoted (timeline ${lineBefore} to ${line}) for which commits had not waited: what was acknowledged last may be lost.`
      if (await lives.accept({ known, life }))
        alarm(`A standby was promoted (timeline ${lineBefore} to ${line}); nothing is lost.`)
      return null
    }
    this.#strangeSince ??= clock.monotonic()
    if (clock.monotonic() - this.#strangeSince < LIMITS.vouch_ms) return null
    return `the ledger goes on in timeline ${line} after ${lineBefore}, and nobody who knew it before is there.`
  }
}

function lostText(writes: readonly Write[]): string {
  const told = writes.length === 0 ? '' : `, ${writes.length} granted writes among it`
  return `the ledger does not know what it had acknowledged${told}: it was restored to an older point, or lost its end.`
}

/** What is lost is later than this; null where nobody can tell. */
function earliest(since: EpochMs | null, writes: readonly Write[]): EpochMs | null {
  const times = [...(since === null ? [] : [since]), ...writes.map(({ at }) => at)]
  return times.length === 0 ? null : Math.min(...times)
}
