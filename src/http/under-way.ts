import type { ApiLimits } from './options.js'
import { type Problem, problem } from './problem.js'

/** A place among those under way; `leave` gives it back, once however often it is called. */
export interface Place {
  leave(): void
}

/** What is under way at once in this process, requests and open streams apart: beyond a number of each the next is turned away. */
export class UnderWay {
  #requests = 0
  readonly #streams = new Set<() => void>()

  constructor(private readonly limits: Pick<ApiLimits, 'requestsAtOnce' | 'streamsAtOnce'>) {}

  /** A place for a request, until its work is done, even where its answer was given up before. */
  request(): Place | Problem {
    const most = this.limits.requestsAtOnce
    if (this.#requests >= most) return overloaded(`${most} requests are under way here`)
    this.#requests += 1
    let isHeld = true
    const leave = () => {
      if (isHeld) this.#requests -= 1
      isHeld = false
    }
    return { leave }
  }

  /** A place for a stream, until it is over. `end` ends it from this side. */
  stream(end: () => void): Place | Problem {
    const most = this.limits.streamsAtOnce
    if (this.#streams.size >= most) return overloaded(`${most} streams are open here`)
    // A function of its own: two streams may be ended by the same one.
    const own = () => end()
    this.#streams.add(own)
    return { leave: () => void this.#streams.delete(own) }
  }

  /** Ends every stream. */
  end(): void {
    for (const end of [...this.#streams]) end()
  }
}

const overloaded = (what: string): Problem =>
  problem('overloaded', `${what}, which is the most. Ask again in a moment, or ask another process.`)
