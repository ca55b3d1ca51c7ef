import { route } from './builtins.js'
import type { Habitat } from './habitat.js'
import { noteBaseline, real } from './real-time.js'

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
  noteBaseline()
  const leave = route(habitat)
  const { stackTraceLimit } = Error
  // Faults are thrown by the thousand, and nobody reads where.
  Error.stackTraceLimit = 0
  const undo = [
    put(globalThis, 'Date', virtualDate(habitat)),
    put(Math, 'random', habitat.random),
    put(globalThis.performance, 'now', habitat.elapsed),
    put(globalThis.crypto, 'randomUUID', habitat.uuid),
    ...Object.entries(virtualTimers(habitat)).map(([name, value]) => put(globalThis, name, value)),
  ]
  return () => {
    Error.stackTraceLimit = stackTraceLimit
    for (const one of undo.reverse()) one()
    leave()
  }
}
