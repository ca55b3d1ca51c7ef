import { type JsonValue, toJson } from '../../core/json.js'
import { LIMITS } from '../../core/limits.js'
import { fault } from '../../tools/fault.js'
import type { Call, ToolSpec } from '../../tools/tool.js'
import type { FaultName } from '../fault.js'
import type { Surroundings } from '../surroundings.js'
import type { ToolBody } from './body.js'

/** One call of a tool that a fault has struck. */
export interface StruckCall {
  readonly s: Surroundings
  readonly spec: ToolSpec
  readonly body: ToolBody
  readonly input: unknown
  readonly call: Call
  /** What is left until the attempt is given up, ms; 1 where that cannot be told. */
  readonly leftMs: number
  /** In [0, 1), of this strike alone. */
  readonly chance: (purpose: string) => number
  /** The strike had a consequence. */
  readonly bit: () => void
  /** Nobody reaches this tool for so long. */
  readonly outage: (ms: number) => void
}

type Performer = (c: StruckCall) => Promise<unknown>

/** How each fault of a tool looks from the attempt's side. */
export const TOOL_FAULTS = {
  tool_error: async (c) => {
    c.bit()
    throw new Error('connect ECONNREFUSED 192.0.2.1:443')
  },
  tool_busy: async (c) => {
    c.bit()
    throw fault.notPerformed('busy', { retryAfter: `${BigInt(1 + Math.floor(c.chance('wait') * 5))}s` })
  },
  tool_permanent: async (c) => {
    c.bit()
    throw fault.permanent('refused_by_provider')
  },
  tool_timeout_before: async (c) => {
    c.bit()
    return givenUp(c)
  },
  tool_timeout_after: async (c) => {
    await c.body.act(c.input, c.call)
    c.bit()
    return givenUp(c)
  },
  tool_late_act: async (c) => {
    const { settlesMs } = c.spec
    // A provider that promises to be done with the timeout keeps that: it acts in the last moment.
    const afterMs = settlesMs === 0 ? -1 : Math.floor(c.chance('after') * settlesMs)
    const promisedBy = c.s.clock.now() + Math.max(0, c.leftMs + settlesMs - 1)
    await c.s.clock.sleep(Math.max(0, c.leftMs + afterMs))
    await c.s.worldTime.by(promisedBy, () => c.body.act(c.input, c.call))
    c.bit()
    return givenUp(c)
  },
  tool_cut: async (c) => {
    await c.body.act(c.input, c.call)
    c.bit()
    throw new Error('read ECONNRESET')
  },
  tool_slow: async (c) => {
    c.bit()
    await c.s.clock.sleep(Math.floor(c.leftMs * 0.85), c.call.signal)
    c.call.signal.throwIfAborted()
    return c.body.act(c.input, c.call)
  },
  tool_wrong_shape: async (c) => {
    const shape = WRONG_SHAPES[Math.floor(c.chance('shape') * WRONG_SHAPES.length)]
    const result = toJson(await c.body.act(c.input, c.call))
    c.bit()
    return shape?.(result)
  },
  tool_huge: async (c) => {
    await c.body.act(c.input, c.call)
    c.bit()
    return HUGE
  },
  tool_outage: async (c) => {
    c.bit()
    c.outage(outageMs(c.chance('span')))
    throw unreached()
  },
  tool_noop: async (c) => {
    const claimed = await c.body.pretend(c.input, c.call)
    c.bit()
    return claimed
  },
} as const satisfies Partial<Record<FaultName, Performer>>

export type ToolFaultName = keyof typeof TOOL_FAULTS

/** The faults that can strike a call of this tool. A read that acts unseen is a read that does not answer. */
export function toolFaultsOf(spec: ToolSpec, body: ToolBody): ToolFaultName[] {
  const all = Object.keys(TOOL_FAULTS) as ToolFaultName[]
  return all.filter((name) => {
    if (name === 'tool_noop') return body.canPretend
    return spec.effect !== 'read' || (name !== 'tool_timeout_after' && name !== 'tool_late_act')
  })
}

/** A little above what one entry takes: what is far larger is refused by the same rule, and would cost each case its time. */
const HUGE = 'x'.repeat(LIMITS.body_bytes / 2 + 1)

/** Schema drift, as it is met: an error page, nothing, one level too many, a list, and numbers that are none. */
const WRONG_SHAPES: readonly ((result: JsonValue) => unknown)[] = [
  () => '<html><body>502 Bad Gateway</body></html>',
  () => null,
  (result) => ({ data: { result } }),
  (result) => [result],
  (result) => notNumbers(result) ?? { NaN: Number.NaN },
]

/** The same with NaN for each number; undefined where there is none. */
function notNumbers(result: JsonValue): unknown {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined
  const numbers = Object.entries(result).filter(([, value]) => typeof value === 'number')
  if (numbers.length === 0) return undefined
  return { ...result, ...Object.fromEntries(numbers.map(([name]) => [name, Number.NaN])) }
}

/** Half a minute to two: longer than anybody's attempts last. */
export const outageMs = (chance: number): number => 30_000 + Math.floor(chance * 90_000)
export const unreached = (): Error => new Error('connect ECONNREFUSED 192.0.2.1:443')

/** How long after the attempt's end a connection is closed by this side, where nobody closed it. */
const CLOSED_MS = 1_000

/** Never answers: ends when the attempt gives it up, or long after nobody is left who could. */
async function givenUp({ s, call, leftMs }: StruckCall): Promise<never> {
  await s.clock.sleep(leftMs + CLOSED_MS, call.signal)
  call.signal.throwIfAborted()
  throw new Error('The connection was closed by the other side.')
}
