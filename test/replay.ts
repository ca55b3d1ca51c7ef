import { expect } from 'vitest'
import type { Entry } from '../src/core/entries.js'
import type { Ledger } from '../src/core/ledger.js'
import type { Outcome } from '../src/core/states.js'
import type { Startable } from '../src/orchestrator/definition.js'
import type { Failpoint } from '../src/orchestrator/engine.js'
import { assemble, type Midwatch, type Ports } from '../src/runtime.js'

// biome-ignore lint/suspicious/noExplicitAny: any agent or flow at all
export type Anything = Startable<any, any>
const LEASE = '400ms'

/** A runtime that dies at a failpoint: from then on nothing of it goes on. `dead` resolves when it was reached. */
export interface Mortal {
  readonly mw: Midwatch
  readonly dead: Promise<void>
}

/** Hits of a failpoint by one runtime, from 1; at the one that is named it dies, and its ledger answers no more. */
export async function mortal(ledger: Ledger, agents: Anything[], at: Failpoint, hit: number): Promise<Mortal> {
  let hits = 0
  let died: () => void = () => undefined
  let isDead = false
  const dead = new Promise<void>((resolve) => {
    died = resolve
  })
  const never = new Promise<never>(() => undefined)
  const failpoint = (name: Failpoint): Promise<void> => {
    if (isDead) return never
    if (name !== at) return Promise.resolve()
    hits += 1
    if (hits < hit) return Promise.resolve()
    isDead = true
    died()
    return never
  }
  const mw = await assemble(
    { run: agents, worker: { lease: LEASE, name: 'mortal' }, alarm: () => undefined },
    { ledger: mute(ledger, () => isDead), failpoint },
  )
  return { mw, dead }
}

/** The ledger as a process sees it that may die: nothing goes out any more, and no answer comes back. */
function mute(ledger: Ledger, isDead: () => boolean): Ledger {
  const still = (of: object): object =>
    new Proxy(of, {
      get(target, name) {
        const found: unknown = Reflect.get(target, name)
        if (typeof found === 'object' && found !== null) return still(found)
        if (typeof found !== 'function') return found
        return async (...args: unknown[]) => {
          if (isDead()) return new Promise(() => undefined)
          const answer: unknown = await found.apply(target, args)
          return isDead() ? new Promise(() => undefined) : answer
        }
      },
    })
  return still(ledger) as Ledger
}

/** A run that waits for a worker. */
export async function admitted(ledger: Ledger, agent: Anything): Promise<{ readonly id: string }> {
  const door = await assemble({ run: [agent], worker: false, alarm: () => undefined }, { ledger })
  const run = await door.start(agent, { input: {} })
  await door.stop()
  return run
}

/** A worker that takes over what the dead one held, and works it to its end. */
export function heir(ledger: Ledger, agents: Anything[], ports: Ports = {}): Promise<Midwatch> {
  const alarm = () => undefined
  return assemble({ run: agents, worker: { lease: LEASE, name: 'heir' }, alarm }, { ...ports, ledger })
}

/** Finals in journal order: what a replay hands over. */
export function finalsOf(entries: readonly Entry[]): string[] {
  const begins = new Map(entries.filter((e) => e.kind === 'begin').map((e) => [e.seq, e.facts.step ?? '']))
  return entries.flatMap(({ kind, ref, body }) => {
    const { step, final } = JSON.parse(body || '{}') as { step?: string; final?: unknown }
    if (!final || (kind !== 'settle' && kind !== 'note')) return []
    return [step ?? begins.get(ref ?? 0) ?? '']
  })
}

/** The outcome, or the run as it stands when there is none in time: a test that hangs tells nothing. */
export async function outcomeIn<O>(mw: Midwatch, runId: string, ms = 15_000): Promise<Outcome<O>> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), ms)
  const stands = new Promise<never>((_, reject) => {
    late.signal.addEventListener('abort', () => {
      void mw.ledger.run({ runId }).then((run) => reject(new Error(`No outcome: ${JSON.stringify(run)}`)))
    })
  })
  try {
    return await Promise.race([mw.run<O>(runId).outcome(), stands])
  } finally {
    clearTimeout(timer)
  }
}

export function expectOnce(acts: readonly string[]): void {
  expect([...acts].sort()).toEqual([...new Set(acts)].sort())
}
