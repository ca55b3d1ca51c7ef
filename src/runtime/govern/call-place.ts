import type { Place, Sitting } from './place.js'
import type { Seat } from './seat.js'

/** So long a run of one agent call waits for the next thing that its loop asks before it counts as over. */
const IDLE_MS = 60_000

type Call = Parameters<Sitting['rise']>[0]

/**
 * The run of one call of an agent, opened when its loop asks for the first thing. No loop says that it is over: it is when the
 * model answered and wants nothing done, when its model failed, or when nothing was asked for a while.
 */
export class CallPlace implements Place {
  #seat: Promise<Seat> | null = null

  constructor(private readonly take: () => Promise<Seat>) {}

  async sit(): Promise<Sitting> {
    this.#seat ??= this.take()
    const seat = await this.#seat
    return { seat, rise: (call) => this.#rise(seat, call) }
  }

  async #rise(seat: Seat, { error, isFinal, said }: Call): Promise<void> {
    if (seat.isOver) return
    if (error !== undefined && !isTold(error)) await seat.fail(error)
    else if (isFinal) await this.#end(seat, said ?? null)
    else watch(seat, () => void this.#end(seat, null))
  }

  /** Should the loop go on all the same, it does so in a run of its own. */
  async #end(seat: Seat, output: string | null): Promise<void> {
    this.#seat = null
    await seat.end(output).catch(() => undefined)
  }
}

/** What a tool throws for the model to read does not end its loop. */
function isTold(error: unknown): boolean {
  return error instanceof Error && error.name === 'CallRefused'
}

function watch(seat: Seat, over: () => void): void {
  const look = setTimeout(() => {
    const since = seat.idleSince
    if (seat.isOver || since === null) return
    if (Date.now() - since >= IDLE_MS) over()
  }, IDLE_MS)
  look.unref()
}
