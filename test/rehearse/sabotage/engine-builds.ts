import type { Ledger } from '../../../src/core/ledger.js'
import type { Answer, Op } from '../../../src/core/ops.js'
import type { Batcher } from '../../../src/ledger/batcher.js'
import type { Engine, Outside } from '../../../src/orchestrator/engine.js'
import { ToolFault } from '../../../src/tools/fault.js'

/** An engine with one of its ports gone wrong. */
export type BrokenEngine = (engine: Engine) => Engine

/** The port with some of its verbs replaced; the others stay those of the real one. */
function instead<T extends object>(port: T, verbs: Partial<T>): T {
  return new Proxy(port, {
    get: (real, name) => {
      if (name in verbs) return verbs[name as keyof T]
      const verb: unknown = Reflect.get(real, name, real)
      return typeof verb === 'function' ? verb.bind(real) : verb
    },
  })
}

const outsideOf =
  (change: (outside: Outside, engine: Engine) => Partial<Outside>): BrokenEngine =>
  (engine) => ({ ...engine, outside: { ...engine.outside, ...change(engine.outside, engine) } })

const ledgerIn =
  (change: (ledger: Ledger) => Partial<Ledger>): BrokenEngine =>
  (engine) => ({ ...engine, ledger: { ...engine.ledger, ...change(engine.ledger) } })

/** A check that cannot tell is taken for one that says no. */
export const unknownIsNo = outsideOf((outside) => ({
  check: async (spec, input, call) => {
    const found = await outside.check(spec, input, call).catch(() => ({ did: 'unknown' }) as const)
    return found.did === 'unknown' ? { did: 'not_happen' } : found
  },
}))

/** The layer below tries again by itself, as SDKs do: one begin, two calls. */
export const triedAgainBelow = outsideOf((outside) => ({
  execute: async (spec, input, call) => {
    try {
      return await outside.execute(spec, input, call)
    } catch (error) {
      if (spec.effect !== 'once' || error instanceof ToolFault) throw error
      return outside.execute(spec, input, call)
    }
  },
}))

/** When a provider says that it may be asked again is not heeded. */
export const backoffIgnored = outsideOf((outside) => ({
  execute: async (spec, input, call) => {
    try {
      return await outside.execute(spec, input, call)
    } catch (error) {
      if (error instanceof ToolFault) throw new ToolFault(error.kind, error.code, null, { cause: error })
      throw error
    }
  },
}))

/** A write is settled as done when it is sent, and is done a little later. */
export const settledBeforeEffect = outsideOf((outside, { clock }) => ({
  execute: (spec, input, call) => {
    if (spec.effect === 'read') return outside.execute(spec, input, call)
    void clock.sleep(30).then(() => outside.execute(spec, input, call).catch(() => undefined))
    return Promise.resolve({ accepted: true })
  },
}))

/** A doubt is looked at as if nothing could still be acting. */
export const doubtResolvedEarly = ledgerIn((ledger) => ({
  effect: async (p) => {
    const row = await ledger.effect(p)
    return row && { ...row, actsUntil: 0 }
  },
}))

/** A replay does not see the last result in the journal, and asks for that step again. */
export const stepRunAgain = ledgerIn((ledger) => ({
  journal: async (p) => {
    const entries = await ledger.journal(p)
    const last = entries.findLast(({ kind, body }) => kind === 'settle' && body?.includes('"final":'))
    return entries.map((entry) => (entry === last ? { ...entry, body: '{}' } : entry))
  },
}))

/** Longer than this between two looks, the process was stopped. */
const STOPPED_MS = 5_000

/** The worker's own clocks stand still while it does. */
export const clockStops: BrokenEngine = (engine) => {
  const running = (read: () => number) => {
    let last = read()
    let lost = 0
    return () => {
      const now = read()
      if (now - last > STOPPED_MS) lost += now - last
      last = now
      return now - lost
    }
  }
  const { now, monotonic } = engine.clock
  return { ...engine, clock: instead(engine.clock, { now: running(now), monotonic: running(monotonic) }) }
}

/** A begin is taken for granted when it leaves, before the ledger has answered it. */
export const performedBeforeBegun: BrokenEngine = (engine) => ({
  ...engine,
  batcher: instead(engine.batcher, {
    submitSoon: (take: () => readonly Op[]) =>
      new Promise<Answer[]>((granted, failed) => {
        const leave = () => {
          const ops = take()
          const last = ops.at(-1)
          const at = engine.time.now()
          if (last?.kind === 'begin' && last.effect)
            granted(ops.map(() => ({ code: 'ok', at, actsUntil: at + last.timeoutMs, attempt: 1 })))
          return ops
        }
        engine.batcher.submitSoon(leave).then(granted, failed)
      }),
  } as Partial<Batcher>),
})
