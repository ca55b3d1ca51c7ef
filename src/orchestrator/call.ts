import type { Call } from '../tools/tool.js'
import type { Activation } from './activation.js'
import type { Grant } from './next.js'
import { traceOf } from './traced.js'

/** Whoever has the signal of an attempt, once somebody asks for it. */
interface Signals {
  readonly signal: AbortSignal
}

const FROM = Symbol('from')
/** A field of its own to whoever reads, takes apart or copies a call; what is behind it is made only then. */
const SIGNAL: PropertyDescriptor = {
  enumerable: true,
  get(this: { readonly [FROM]: Signals }) {
    return this[FROM].signal
  },
}

/** What an attempt is told. */
export function callOf(run: Activation, grant: Pick<Grant, 'intent' | 'key'>, from: Signals, boundMs: number): Call {
  const { run: row, engine } = run
  const trace = traceOf(run, grant.intent.seq)
  const call = {
    [FROM]: from,
    key: grant.key,
    fence: BigInt(row.fence),
    attempt: grant.intent.effect?.attempt ?? grant.intent.attempt,
    deadline: new Date(engine.clock.now() + boundMs),
    runId: row.runId,
    tenant: row.tenant,
    ...(row.session === null ? null : { session: row.session }),
    ...(row.principal === null ? null : { principal: row.principal }),
    ...(trace === undefined ? null : trace),
    secret: (name: string) => engine.secrets.resolve(name, row.tenant),
  }
  return Object.defineProperty(call, 'signal', SIGNAL) as typeof call & Signals
}
