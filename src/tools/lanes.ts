/** Caps of one lane: concurrent calls in this worker, and over all workers. */
export interface LaneCaps {
  readonly perWorker: number
  readonly fleet?: number
}

const DEFAULT_CAPS: LaneCaps = { perWorker: 16 }

interface Lane {
  open: number
  readonly waiting: (() => void)[]
}

/** Bulkheads: a slow tool fills its own lane and no other. The fleet's cap is a level meter in the ledger. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()
  constructor(private readonly caps: Readonly<Record<string, LaneCaps>> = {}) {}

  /** The fleet's cap of a lane, or null. */
  fleetCap(lane: string): number | null {
    return this.caps[lane]?.fleet ?? null
  }

  /** Resolves with the way to leave the lane again, once there is room; first come, first served. */
  async enter(name: string): Promise<() => void> {
    const lane = this.#lanes.get(name) ?? { open: 0, waiting: [] }
    this.#lanes.set(name, lane)
    const cap = (this.caps[name] ?? DEFAULT_CAPS).perWorker
    if (lane.open < cap) lane.open += 1
    else await new Promise<void>((go) => lane.waiting.push(go))
    let left = false
    return () => {
      if (left) return
      left = true
      const next = lane.waiting.shift()
      if (next) next()
      else lane.open -= 1
    }
  }
}
