import { MidwatchError } from '../core/errors.js'
import type { LaneState } from '../core/telemetry.js'

/** Caps of one lane: concurrent calls in this worker, and over all workers. */
export interface LaneCaps {
  readonly perWorker: number
  readonly fleet?: number
}

const DEFAULT_CAPS: LaneCaps = { perWorker: 16 }

interface Lane {
  open: number
  readonly waiting: Set<() => void>
}

/** Bulkheads: a slow tool fills its own lane and no other. The fleet's cap is a level meter in the ledger. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  /** Throws `invalid_config` for a cap that lets nothing through. */
  constructor(private readonly caps: Readonly<Record<string, LaneCaps>> = {}) {
    for (const [name, { perWorker, fleet = 1 }] of Object.entries(caps)) {
      if (isCap(perWorker) && isCap(fleet)) continue
      throw new MidwatchError('invalid_config', `lanes: the caps of '${name}' are whole numbers from 1.`)
    }
  }

  /** The fleet's cap of a lane, or null. */
  fleetCap(lane: string): number | null {
    return this.caps[lane]?.fleet ?? null
  }

  /** Lanes that were entered, as they are now. */
  states(): LaneState[] {
    return [...this.#lanes].map(([lane, { open, waiting }]) => ({ lane, open, waiting: waiting.size }))
  }

  /**
   * Resolves with the way to leave the lane again, once there is room; first come, first served. Whoever's signal aborts
   * has left, in the lane or in the queue before it: a run that ended must not keep a place.
   */
  async enter(name: string, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) return () => undefined
    const lane = this.#lanes.get(name) ?? { open: 0, waiting: new Set() }
    this.#lanes.set(name, lane)
    const inside = await roomIn(lane, (this.caps[name] ?? DEFAULT_CAPS).perWorker, signal)
    const leave = () => {
      signal?.removeEventListener('abort', leave)
      if (left) return
      left = true
      release(lane)
    }
    let left = !inside
    signal?.addEventListener('abort', leave, { once: true })
    if (signal?.aborted) leave()
    return leave
  }
}

/** False when the signal came before there was room. */
function roomIn(lane: Lane, cap: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (lane.open < cap) {
    lane.open += 1
    return Promise.resolve(true)
  }
  return new Promise((resolve) => {
    const go = () => {
      signal?.removeEventListener('abort', stop)
      resolve(true)
    }
    const stop = () => {
      lane.waiting.delete(go)
      resolve(false)
    }
    lane.waiting.add(go)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Hands the place to the next in the queue, if there is one. */
function release(lane: Lane): void {
  const [next] = lane.waiting
  if (next === undefined) {
    lane.open -= 1
    return
  }
  lane.waiting.delete(next)
  next()
}

const isCap = (cap: number): boolean => Number.isSafeInteger(cap) && cap >= 1
