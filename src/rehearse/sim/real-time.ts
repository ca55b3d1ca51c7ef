/** The machine's own time, taken before any case puts another in its place. */
export const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
  /** Ms from an arbitrary start. */
  now: performance.now.bind(performance),
}

/** One turn of the machine's own event loop. */
export function realTurn(): Promise<void> {
  return new Promise((resolve) => void real.setImmediate(resolve))
}

/** What the event loop waited for when the case began, by kind. */
let baseline: ReadonlyMap<string, number> = new Map()

function activeByKind(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** A case begins: what the event loop waits for now is none of its business. */
export function noteBaseline(): void {
  baseline = activeByKind()
}

/** True when the process waits for something that it did not wait for when the case began. */
export function waitsForTheWorld(): boolean {
  for (const [kind, count] of activeByKind()) {
    if (count > (baseline.get(kind) ?? 0)) return true
  }
  return false
}

/** Lets real time pass while there is real work that something comes of. False when it took longer than `mostMs`. */
export async function realWait(came: () => boolean, mostMs: number): Promise<boolean> {
  const from = real.now()
  while (real.now() - from < mostMs) {
    await realTurn()
    if (came() || !waitsForTheWorld()) return true
    await new Promise<void>((resolve) => void real.setTimeout(resolve, 1))
    if (came() || !waitsForTheWorld()) return true
  }
  return false
}
