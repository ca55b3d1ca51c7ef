import { MidwatchError } from '../core/errors.js'
import { durationMs } from '../core/time.js'
import type { ModelPort } from '../models/port.js'
import type { Outside } from '../orchestrator/engine.js'
import { type Chance, chanceOf } from './chance.js'
import type { FaultRates, Strike } from './fault.js'
import type { Scenario, Stage, Story } from './scenario.js'
import { type Dice, diceOf } from './sim/dice.js'
import { inhabit } from './sim/globals.js'
import type { Habitat } from './sim/habitat.js'
import { realTurn } from './sim/real-time.js'
import { Simulation } from './sim/simulation.js'
import { WorldTime } from './world-time.js'

/** The day on which every case begins, at an hour from its seed. */
const DAY = Date.UTC(2026, 0, 15)
const DAY_MS = 86_400_000
/** How long after the last message faults still strike. */
const FAULTY_MS = 7_200_000

/** Which case of a scenario. */
export interface CaseOf {
  readonly story: string
  readonly seed: number
  /** Faults at exact places; null: by rates, from the seed. */
  readonly strikes: readonly Strike[] | null
  /** In place of the scenario's own. */
  readonly rates?: FaultRates
}

/** What a case has before anybody acts in it: its time, its chance, its story. */
export interface Setting {
  readonly scenario: Scenario
  readonly id: CaseOf
  readonly sim: Simulation
  readonly chance: Chance
  readonly story: Story
  readonly stage: Stage
  readonly worldTime: WorldTime
}

/** Throws `invalid_definition` for a story that the scenario does not tell. */
export function settingOf(scenario: Scenario, id: CaseOf): Setting {
  const story = storyOf(scenario, id.story)
  const chance = chanceOf(`${id.story}/${id.seed}`)
  const sim = new Simulation(DAY + Math.floor(chance.of('hour') * DAY_MS), Math.floor(chance.of('order') * 2 ** 32))
  const worldTime = new WorldTime(sim.world.clock)
  const stage: Stage = { story, chance, now: () => sim.now, sleep: worldTime.sleep }
  return { scenario, id, sim, chance, story, stage, worldTime }
}

/** Faults strike until a while after the last message, and some time after that all must be at rest: ms from the start. */
export function limitsOf({ scenario, story }: Setting): { readonly ceaseMs: number; readonly stopMs: number } {
  const ceaseMs = Math.max(0, ...story.messages.map(({ afterMs = 0 }) => afterMs)) + FAULTY_MS
  return { ceaseMs, stopMs: ceaseMs + durationMs(scenario.options.within ?? '1d') }
}

export function limitTime(setting: Setting, cease: () => void): void {
  const { sim } = setting
  const { ceaseMs, stopMs } = limitsOf(setting)
  sim.later(ceaseMs, sim.world, cease)
  sim.stopAt(sim.startedAt + stopMs)
}

/** The key under which a message is known, however often it is delivered. */
export function keyOf(story: Story, message: Story['messages'][number]): string {
  return message.key ?? `${story.name}:${story.messages.indexOf(message)}`
}

function storyOf({ name: scenario, options }: Scenario, name: string): Story {
  const found = options.stories.find((story) => story.name === name)
  if (found) return found
  const names = options.stories.map((story) => `'${story.name}'`).join(', ')
  throw new MidwatchError(
    'invalid_definition',
    `scenario '${scenario}': there is no story '${name}'; there are ${names}.`,
  )
}

/**
 * Plays a case in its turn, with the clock and the dice of all code as its own, and tells what became of it. `unheard`: a
 * sentence for each promise that was rejected where nobody heard it.
 */
export function playedOut<C extends { play(): Promise<void> }, T>(
  scenario: Scenario,
  id: CaseOf,
  make: (setting: Setting) => C,
  tell: (played: C, unheard: readonly string[]) => T | Promise<T>,
): Promise<T> {
  return inTurn(async () => {
    const setting = settingOf(scenario, id)
    let played: C | undefined
    const unheard = await inhabited(setting, async () => {
      played = make(setting)
      await played.play()
    })
    return tell(played as C, unheard)
  })
}

let turn: Promise<unknown> = Promise.resolve()

/** One case at a time in each process: it takes over the clock and the dice of all code. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work)
  turn = mine.catch(() => undefined)
  return mine
}

/**
 * Does something while the clock and the dice of all code are the case's. Answers with a sentence for each promise of the
 * scenario's code that was rejected where nobody heard it: in production that ends the process.
 */
async function inhabited({ sim, chance }: Setting, work: () => Promise<void>): Promise<string[]> {
  const unheard: string[] = []
  const hear = (error: unknown) => void unheard.push(`A promise was rejected and nobody heard it: ${saidBy(error)}`)
  process.on('unhandledRejection', hear)
  const leave = inhabit(habitatOf(sim, chance))
  try {
    await work()
  } finally {
    leave()
    // What the gone leave behind in the way of promises is over before anybody looks.
    await realTurn()
    process.off('unhandledRejection', hear)
  }
  return unheard
}

export const saidBy = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function habitatOf({ world }: Simulation, chance: Chance): Habitat {
  const { clock } = world
  const dice = diceOf(chance, 'globals')
  return {
    now: clock.now,
    elapsed: clock.monotonic,
    random: () => dice.next(),
    uuid: () => uuidOf(dice),
    timer: clock.timer,
    soon: clock.soon,
  }
}

function uuidOf(dice: Dice): string {
  const hex = dice.hex() + dice.hex() + dice.hex() + dice.hex()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Calls of tools and models that are under way: their own code may do real I/O, for which virtual time waits. */
export class Abroad {
  readonly #names: string[] = []

  get first(): string | null {
    return this.#names[0] ?? null
  }

  /** The same outside, watched. */
  watched(outside: Outside): Outside {
    return {
      execute: (spec, input, call) => this.#while(`tool ${spec.name}`, outside.execute(spec, input, call)),
      check: (spec, input, call) => this.#while(`the check of ${spec.name}`, outside.check(spec, input, call)),
      model: (port, runId) => this.#model(outside.model(port, runId)),
    }
  }

  #model(port: ModelPort): ModelPort {
    const { specificationVersion, provider, modelId, price } = port
    return {
      ...{ specificationVersion, provider, modelId },
      ...(price && { price }),
      doGenerate: (asked) => this.#while(`model ${modelId}`, port.doGenerate(asked)),
      doStream: (asked) => this.#while(`model ${modelId}`, port.doStream(asked)),
    }
  }

  #while<T extends PromiseLike<unknown>>(name: string, work: T): T {
    this.#names.push(name)
    const back = () => {
      this.#names.splice(this.#names.indexOf(name), 1)
    }
    work.then(back, back)
    return work
  }
}
