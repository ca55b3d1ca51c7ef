import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { Habitat } from './habitat.js'

type Delay = (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>
type Turn = (value?: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>

/** What code may import by name; their exports are bound anew when they are replaced. */
const require = createRequire(import.meta.url)
const timers = require('node:timers/promises') as { setTimeout: Delay; setImmediate: Turn }
const crypto = require('node:crypto') as { randomUUID: (options?: object) => string }
const real = { delay: timers.setTimeout, turn: timers.setImmediate, randomUUID: crypto.randomUUID }

let habitat: Habitat | null = null
let laid = false

/**
 * Code that imports its timers and ids from Node's modules gets them from the habitat, while there is one. The ways are laid
 * once and stay: without a habitat they lead to the real thing.
 */
export function route(to: Habitat): () => void {
  if (!laid) lay()
  habitat = to
  return () => {
    habitat = null
  }
}

function lay(): void {
  laid = true
  timers.setTimeout = (ms = 1, value, options) => {
    const { timer } = habitat ?? {}
    if (!timer) return real.delay(ms, value, options)
    return abortable((ring) => timer(Math.max(1, ms), ring), value, options)
  }
  timers.setImmediate = (value, options) => {
    const { soon } = habitat ?? {}
    if (!soon) return real.turn(value, options)
    const ask = (ring: () => void) => {
      soon(ring)
      return () => undefined
    }
    return abortable(ask, value, options)
  }
  crypto.randomUUID = (options) => habitat?.uuid() ?? real.randomUUID(options)
  syncBuiltinESMExports()
}

/** As Node's own: rejects with an AbortError when the signal aborts first. */
function abortable(
  ask: (ring: () => void) => () => void,
  value: unknown,
  { signal }: { signal?: AbortSignal } = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new DOMException('The operation was aborted', 'AbortError'))
    if (signal?.aborted) return refuse()
    const stop = ask(() => {
      signal?.removeEventListener('abort', cut)
      resolve(value)
    })
    const cut = () => {
      stop()
      refuse()
    }
    signal?.addEventListener('abort', cut, { once: true })
  })
}
