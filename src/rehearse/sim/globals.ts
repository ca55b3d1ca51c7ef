import { performance as realPerformance } from 'node:perf_hooks'

/** Time and chance as code that knows nothing of the simulation finds them. */
export interface Habitat {
  now(): number
  /** Ms since the case began. */
  elapsed(): number
  random(): number
  uuid(): string
  /** Calls after so long; back comes the way to call it off. */
  timer(ms: number, ring: () => void): () => void
  soon(call: () => void): void
}

const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
}

/** One turn of the machine's own event loop. */
export function realTurn(): Promise<void> {
  return new Promise((resolve) => void real.setImmediate(resolve))
}

/** Active resources of the machine's event loop, by kind, as they were when the case began. */
let baseline: ReadonlyMap<string, number> = new Map()

function activeByKind(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
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
  const from = realPerformance.now()
  while (realPerformance.now() - from < mostMs) {
    await realTurn()
    if (came() || !waitsForTheWorld()) return true
    await new Promise<void>((resolve) => void real.setTimeout(resolve, 1))
    if (came() || !waitsForTheWorld()) return true
  }
  return false
}

/** The real `Date`, but for what time it is. Both make the same kind of objects. */
function virtualDate({ now }: Habitat): DateConstructor {
  const { Date: RealDate } = real
  function VirtualDate(...args: unknown[]): unknown {
    if (!new.target) return new RealDate(now()).toString()
    return args.length === 0 ? new RealDate(now()) : Reflect.construct(RealDate, args)
  }
  return Object.assign(VirtualDate as unknown as DateConstructor, {
    prototype: RealDate.prototype,
    now,
    UTC: RealDate.UTC,
    parse: RealDate.parse,
  })
}

/** What timers give back in place of Node's own: enough of it for code that only calls off, refs and unrefs. */
class VirtualTimer {
  stop: () => void = () => undefined
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  hasRef(): boolean {
    return true
  }
  refresh(): this {
    return this
  }
  [Symbol.dispose](): void {
    this.stop()
  }
}

type Call = (...args: unknown[]) => void

function virtualTimers({ timer, soon }: Habitat): Record<string, unknown> {
  const clear = (clearReal: (one: never) => void) => (one: unknown) => {
    if (one instanceof VirtualTimer) one.stop()
    else clearReal(one as never)
  }
  return {
    setTimeout: (call: Call, ms = 0, ...args: unknown[]) => {
      const made = new VirtualTimer()
      made.stop = timer(Math.max(1, ms), () => call(...args))
      return made
    },
    setInterval: (call: Call, ms = 0, ...args: unknown[]) => {
      const made = new VirtualTimer()
      const again = () => {
        made.stop = timer(Math.max(1, ms), () => {
          again()
          call(...args)
        })
      }
      again()
      return made
    },
    setImmediate: (call: Call, ...args: unknown[]) => {
      const made = new VirtualTimer()
      let off = false
      made.stop = () => {
        off = true
      }
      soon(() => {
        if (!off) call(...args)
      })
      return made
    },
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
    clearImmediate: clear(real.clearImmediate),
  }
}

/** Puts one property in place of another; back comes the way to undo it. */
function put(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: before?.enumerable ?? true,
  })
  return () => {
    if (before) Object.defineProperty(target, name, before)
    else Reflect.deleteProperty(target, name)
  }
}

/** Puts the globals that code may ask for time and chance under the habitat; back comes the way to undo all of it. */
export function inhabit(habitat: Habitat): () => void {
  baseline = activeByKind()
  const undo = [
    put(globalThis, 'Date', virtualDate(habitat)),
    put(Math, 'random', habitat.random),
    put(globalThis.performance, 'now', habitat.elapsed),
    put(globalThis.crypto, 'randomUUID', habitat.uuid),
    ...Object.entries(virtualTimers(habitat)).map(([name, value]) => put(globalThis, name, value)),
  ]
  return () => {
    for (const one of undo.reverse()) one()
  }
}
