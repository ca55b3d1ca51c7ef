import { durationMs } from '../core/time.js'
import type { Outside } from '../orchestrator/engine.js'
import type { Chance } from './chance.js'
import type { Scenario, Story } from './scenario.js'
import { diceOf } from './sim/dice.js'
import { inhabit } from './sim/globals.js'
import type { Simulation } from './sim/simulation.js'

/** The day on which every case begins, at an hour from its seed. */
const DAY = Date.UTC(2026, 0, 15)
const DAY_MS = 86_400_000
/** How long after the last message faults still strike. */
const FAULTY_MS = 7_200_000

/** When a case begins, virtual ms since the epoch. */
export function startOf(chance: Chance): number {
  return DAY + Math.floor(chance.of('hour') * DAY_MS)
}

/** How long after a case's start faults strike. */
export function faultyMs({ messages }: Story): number {
  return Math.max(0, ...messages.map(({ afterMs = 0 }) => afterMs)) + FAULTY_MS
}

/** How long after the last fault all must be at rest. */
export function restMs({ options }: Scenario): number {
  return durationMs(options.within ?? '1d')
}

/** The key under which a message is known, however often it is delivered. */
export function keyOf(story: Story, message: Story['messages'][number]): string {
  return message.key ?? `${story.name}:${story.messages.indexOf(message)}`
}

export function storyOf({ options }: Scenario, name: string): Story {
  const found = options.stories.find((story) => story.name === name)
  if (found) return found
  throw new Error(`There is no story '${name}'; there are ${options.stories.map((s) => s.name).join(', ')}.`)
}

let turn: Promise<unknown> = Promise.resolve()

/** One case at a time in each process: it takes over the clock and the dice of all code. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work)
  turn = mine.catch(() => undefined)
  return mine
}

/** Puts the clock and the dice of all code under a case's; back comes the way to undo it. */
export function inhabitCase({ world }: Simulation, chance: Chance): () => void {
  const { clock } = world
  const dice = diceOf(chance, 'globals')
  const hex = (digits: number) =>
    Array.from({ length: Math.ceil(digits / 8) }, () => dice.hex())
      .join('')
      .slice(0, digits)
  return inhabit({
    now: clock.now,
    elapsed: clock.monotonic,
    random: () => dice.next(),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    timer: clock.timer,
    soon: clock.soon,
  })
}

/** Calls of tools that are under way: their own code may do real I/O, for which virtual time waits. */
export class Abroad {
  readonly #names: string[] = []

  get first(): string | null {
    return this.#names[0] ?? null
  }

  /** The same outside, watched. */
  watched(outside: Outside): Outside {
    return {
      execute: (spec, input, call) => this.#while(spec.name, outside.execute(spec, input, call)),
      check: (spec, input, call) => this.#while(spec.name, outside.check(spec, input, call)),
      model: (port, runId) => outside.model(port, runId),
    }
  }

  #while<T>(name: string, work: Promise<T>): Promise<T> {
    this.#names.push(name)
    const back = () => {
      this.#names.splice(this.#names.indexOf(name), 1)
    }
    work.then(back, back)
    return work
  }
}
