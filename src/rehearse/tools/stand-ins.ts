import { canonical } from '../../core/json.js'
import { fault } from '../../tools/fault.js'
import { check } from '../../tools/schema.js'
import type { Call, ToolSpec } from '../../tools/tool.js'
import type { StandIn } from '../scenario.js'

type Does<I> = (input: I, call: Call) => unknown

/**
 * A stand-in that answers: the same value each time, or what a function makes of the input. For reads, and for writes that act at
 * each call: for a provider that knows its keys there is `remembers`.
 */
export function answers<I>(with_: Does<I> | object | string | number | boolean | null): StandIn {
  const does = typeof with_ === 'function' ? (with_ as Does<I>) : () => with_
  return { execute: async (input: I, call) => does(input, call) }
}

/**
 * A provider that knows its keys: the first call under one acts, those after it get the same result, and its check tells the
 * truth. What throws has not acted, and may be called again.
 */
export function remembers<I>(act: Does<I>): StandIn {
  const done = new Map<string, Promise<unknown>>()
  const nameOf = ({ tenant, key }: Call) => `${tenant}\n${key}`
  const first = (input: I, call: Call): Promise<unknown> => {
    const acting = (async () => act(input, call))()
    done.set(nameOf(call), acting)
    acting.catch(() => done.delete(nameOf(call)))
    return acting
  }
  return {
    execute: (input: I, call) => done.get(nameOf(call)) ?? first(input, call),
    acts: (_, call) => !done.has(nameOf(call)),
    check: async (_, call) => {
      const acting = done.get(nameOf(call))
      return acting === undefined ? { did: 'not_happen' } : { did: 'happen', result: await acting }
    },
  }
}

/** One recorded call: what went in, and what came out; an error is thrown. */
export interface Recorded {
  readonly input: unknown
  readonly result: unknown
}

/**
 * Gives recorded results: of several for one input, in their order, and the last one ever after. Another attempt at the same
 * call (a read's second, a write's under the same key) gets the same again. What was never recorded is refused for good.
 */
export function recorded(calls: readonly Recorded[]): StandIn {
  const order = new RecordedOrder()
  const acted = new Set<string>()
  let results: Promise<ReadonlyMap<string, readonly unknown[]>> | null = null
  return {
    execute: async (input: unknown, call, spec) => {
      results ??= resultsByInput(calls, spec)
      const wire = canonical(input)
      const those = (await results).get(wire)
      if (!those) throw fault.permanent('not_recorded')
      const result = those[Math.min(order.of(wire, call), those.length - 1)]
      if (result instanceof Error) throw result
      return result
    },
    // Its provider is known by what it gave: another call under the same key was given the same.
    acts: (_, { tenant, key }) => key === '' || acted.size < acted.add(`${tenant}\n${key}`).size,
  }
}

/** Recorded is what went over the wire; called is with what the tool's schema made of it. */
async function resultsByInput(calls: readonly Recorded[], spec: ToolSpec): Promise<Map<string, unknown[]>> {
  const results = new Map<string, unknown[]>()
  for (const { input, result } of calls) {
    const parsed = await check(spec.input, input)
    const wire = canonical(parsed.ok ? parsed.value : input)
    results.set(wire, [...(results.get(wire) ?? []), result])
  }
  return results
}

/** Which of several recorded calls with one input a call is, from 0. */
class RecordedOrder {
  readonly #asked = new Map<string, number>()
  readonly #keyed = new Map<string, number>()

  of(wire: string, { key, attempt, tenant }: Call): number {
    const under = key === '' ? null : `${tenant}\n${key}`
    const before = under === null ? undefined : this.#keyed.get(under)
    if (before !== undefined) return before
    const asked = this.#asked.get(wire) ?? 0
    if (under === null && attempt > 1 && asked > 0) return asked - 1
    this.#asked.set(wire, asked + 1)
    if (under !== null) this.#keyed.set(under, asked)
    return asked
  }
}
