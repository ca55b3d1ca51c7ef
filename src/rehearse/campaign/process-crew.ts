import type { Case } from './case.js'
import { type Crew, Stopped } from './crew.js'
import { append, type How, lostCase, nothingPlayed, type Played } from './played.js'
import { type ChunkEnd, PlayerProcess } from './player-process.js'
import type { PlayerOrder } from './player-wire.js'

/** Cases in one message: few enough that the last one does not keep the others waiting. */
const CHUNK = 20
const HANG_MS = 60_000

export interface CrewOptions {
  readonly processes: number
  /** Wall time without a word from a player until its case counts as hung; default one minute. */
  readonly hangMs?: number
}

interface Chunk {
  readonly cases: readonly Case[]
  readonly how: How
  readonly settle: (played: Promise<Played>) => void
}

/** How a chunk is tried: in a process of its own, and whether one that goes down in it again is at fault. */
interface Tries {
  readonly fresh: boolean
  readonly last: boolean
}

/** Plays in several processes. A case that ends or hangs its process is lost, and told; the campaign goes on. */
export class ProcessCrew implements Crew {
  done = 0
  #stopped = false
  #busy = 0
  readonly #idle: PlayerProcess[] = []
  readonly #players = new Set<PlayerProcess>()
  readonly #waiting: Chunk[] = []

  constructor(
    private readonly order: PlayerOrder,
    private readonly options: CrewOptions,
  ) {}

  async play(cases: readonly Case[], how: How = {}): Promise<Played> {
    const starts = Array.from({ length: Math.ceil(cases.length / CHUNK) }, (_, at) => at * CHUNK)
    const parts = starts.map((start) => this.#chunk(cases.slice(start, start + CHUNK), how))
    const all = nothingPlayed(this.order.naive)
    for (const [at, part] of (await Promise.allSettled(parts)).entries()) {
      if (part.status === 'fulfilled') append(all, part.value, starts[at] ?? 0)
      else if (at > 0 && part.reason instanceof Stopped) break
      else throw part.reason
    }
    return all
  }

  close(): void {
    this.#stopped = true
    for (const player of this.#players) player.kill()
    for (const { settle } of this.#waiting.splice(0)) settle(Promise.reject(stopped()))
  }

  #chunk(cases: readonly Case[], how: How): Promise<Played> {
    if (this.#stopped) return Promise.reject(stopped())
    return new Promise((resolve) => {
      this.#waiting.push({ cases, how, settle: resolve })
      this.#next()
    })
  }

  /** Chunks go out in the order in which they came: players rely on it. */
  #next(): void {
    if (this.#busy >= this.options.processes) return
    const chunk = this.#waiting.shift()
    if (!chunk) return
    this.#busy += 1
    const played = this.#work(chunk.cases, chunk.how).finally(() => {
      this.#busy -= 1
      this.#next()
    })
    chunk.settle(played)
    this.#next()
  }

  /** Around a case that takes its process down: those before it, the case itself, and those behind it. */
  async #work(cases: readonly Case[], how: How, tries: Tries = { fresh: false, last: false }): Promise<Played> {
    if (cases.length === 0) return nothingPlayed(this.order.naive)
    const end = await this.#hand(cases, how, tries.fresh)
    if ('played' in end) return end.played
    const culprit = cases[end.at]
    if (!culprit) throw new Error('A player went down in a case that it was never given.')
    const before = await this.#work(cases.slice(0, end.at), how, { fresh: true, last: false })
    // Once more by itself: the machine may have been at fault, short of memory as it was.
    const self = tries.last
      ? this.#lose(culprit, end.why)
      : await this.#work([culprit], how, { fresh: true, last: true })
    const behind = await this.#work(cases.slice(end.at + 1), how, { fresh: true, last: false })
    append(before, self, end.at)
    append(before, behind, end.at + 1)
    return before
  }

  #lose(culprit: Case, why: string): Played {
    this.done += 1
    return lostCase(culprit, why, this.order.naive)
  }

  async #hand(cases: readonly Case[], how: How, fresh: boolean): Promise<ChunkEnd> {
    if (this.#stopped) throw stopped()
    const player = this.#take(fresh)
    let begun = 0
    const playing = player.play(cases, how, () => {
      begun += 1
      this.done += 1
    })
    // What comes of a player that was killed as the crew was closed says nothing.
    const end = await playing.catch((error) => Promise.reject(this.#stopped ? stopped() : error))
    if (this.#stopped) throw stopped()
    if ('played' in end) this.#idle.push(player)
    else {
      this.done -= begun
      this.#players.delete(player)
    }
    return end
  }

  /** A fresh one for what is played again: no player may be given cases from before those it has seen. */
  #take(fresh: boolean): PlayerProcess {
    const idle = fresh ? undefined : this.#idle.pop()
    if (idle && !idle.gone) return idle
    const player = new PlayerProcess(this.order, this.options.hangMs ?? HANG_MS)
    this.#players.add(player)
    return player
  }
}

function stopped(): Stopped {
  return new Stopped('The campaign was stopped.')
}
