import { sha256 } from '../../src/core/digest.js'
import type { Happened, SignalName } from '../../src/govern/signals/signal.js'
import { SignalWatch } from '../../src/govern/signals/watch.js'
import type { FullTrace, Trace, TraceStep } from './outside-data.js'

/** Tools of the two suites that change something. */
const WRITES = [
  ...['send_money', 'schedule_transaction', 'update_scheduled_transaction', 'update_password', 'update_user_info'],
  ...['send_direct_message', 'send_channel_message', 'add_user_to_channel', 'invite_user_to_slack'],
  ...['remove_user_from_slack', 'post_webpage'],
]

/** Which half of the runs: thresholds were chosen on `chosen`, and hold or not on `measured`. */
export const HALVES = ['chosen', 'measured'] as const
export type Half = (typeof HALVES)[number]
export const halfOf = ({ run }: Trace): Half => (Number(BigInt(`0x${sha256(run)}`) % 2n) === 0 ? 'chosen' : 'measured')

/** What a rule would have said of some runs. */
export interface Score {
  readonly hits: number
  /** Hits among runs that met their goal all the same. */
  readonly good: number
  /** Share of the hits that failed, and share of the failed that were hit. */
  readonly precision: number
  readonly recall: number
}

export function scoreOf<T extends { readonly utility: boolean }>(
  runs: readonly T[],
  isHit: (run: T) => boolean,
): Score {
  const failed = runs.filter(({ utility }) => !utility).length
  const hit = runs.filter(isHit)
  const good = hit.filter(({ utility }) => utility).length
  const bad = hit.length - good
  return { hits: hit.length, good, precision: bad / Math.max(1, hit.length), recall: bad / failed }
}

const known = new WeakMap<Trace, ReadonlySet<SignalName>>()

/** The signals that a recorded run gives. */
export function signalsOf(trace: Trace): ReadonlySet<SignalName> {
  const seen = known.get(trace) ?? seenIn(trace.steps.map(happenedIn))
  known.set(trace, seen)
  return seen
}

export function signalsOfWords({ messages }: FullTrace): ReadonlySet<SignalName> {
  const results = new Map(messages.map((m) => [m.tool_call_id, m.content ?? '']))
  return seenIn(
    messages.flatMap(({ role, content, tool_calls: calls = [] }, no): Happened[] => {
      if (role !== 'assistant') return []
      const step = String(no)
      const text = content ?? ''
      const made = calls.map(({ function: tool, args, id }) =>
        calledTool({ step: id, tool, args, obs: results.get(id) ?? '', error: /Error:/.test(results.get(id) ?? '') }),
      )
      const isLast = no === messages.length - 1
      const reply = { kind: 'reply', step, text, calls: calls.length, contextTokens: null } as const
      return [isLast ? { kind: 'outcome', step, text } : reply, ...made]
    }),
  )
}

/** The rule to be beaten: three identical calls with identical results. */
export function threeIdentical({ steps }: Trace): boolean {
  const seen = new Map<string, number>()
  return steps.some(({ tool, args, obs, error }) => {
    if (tool === undefined) return false
    const fact = JSON.stringify([tool, args, obs, error])
    seen.set(fact, (seen.get(fact) ?? 0) + 1)
    return seen.get(fact) === 3
  })
}

function seenIn(happened: readonly Happened[]): ReadonlySet<SignalName> {
  const watch = new SignalWatch(WRITES)
  return new Set(happened.flatMap((one) => watch.see(one)).map(({ signal }) => signal))
}

function happenedIn({ tool, args, obs, error }: TraceStep, no: number): Happened {
  const step = String(no)
  // Of what was said there is only a hash: a word of its own.
  if (tool === undefined) return { kind: 'outcome', step, text: '' }
  return calledTool({ step, tool, args, obs: obs ?? '', error: error !== undefined, ...(error && { said: error }) })
}

function calledTool(p: {
  step: string
  tool: string
  args: unknown
  obs: string
  error: boolean
  said?: string
}): Happened {
  const { step, tool, args, obs, error, said = '' } = p
  const result = `${obs}${said}`
  return {
    kind: 'call',
    step,
    tool,
    args: JSON.stringify(args),
    result,
    write: WRITES.includes(tool),
    ok: !error,
    attempts: 1,
  }
}
