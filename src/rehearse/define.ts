import { MidwatchError } from '../core/errors.js'
import { isScore } from '../core/scores.js'
import { OUTCOMES } from '../core/states.js'
import { durationMs } from '../core/time.js'
import { FAULT_LAYERS, FAULT_NAMES } from './fault.js'
import type { AnyStartable, Message, Scenario, ScenarioOptions, Story } from './scenario.js'

const MOST_WORKERS = 16
/** A shorter lease than this is over before its heartbeat arrives. */
const LEAST_LEASE_MS = 1_000

/** Defines a scenario: agents, stories, and what must hold. Throws `invalid_definition` with what to mend. */
export function scenario<W>(options: ScenarioOptions<W>): Scenario {
  const { name } = options
  if (!/^[a-zA-Z][a-zA-Z0-9._-]{0,99}$/.test(name))
    throw wrong(name, 'a name is letters, digits, . _ and -, at most 100.')
  const any = options as unknown as ScenarioOptions<unknown>
  checkAgents(name, any.run)
  checkStories(name, any.stories, any.run)
  checkNumbers(any)
  checkFaults(any)
  for (const status of options.expect?.outcomes ?? []) {
    if (status === null || !OUTCOMES.includes(status))
      throw wrong(name, `expect.outcomes: '${status}' is none of ${OUTCOMES.join(', ')}.`)
  }
  for (const [score, { atLeast }] of Object.entries(options.expect?.scores ?? {})) {
    if (!isScore(atLeast)) throw wrong(name, `expect.scores.${score}: atLeast is a number from 0 to 1.`)
  }
  return Object.freeze({ name, options: any })
}

function wrong(name: string, what: string): MidwatchError {
  return new MidwatchError('invalid_definition', `scenario '${name}': ${what}`)
}

function checkAgents(name: string, run: readonly AnyStartable[]): void {
  if (run.length === 0) throw wrong(name, 'run: name at least one agent or flow.')
  const names = new Set<string>()
  for (const one of run) {
    if (!one?.definition) throw wrong(name, 'run: give what agent() and flow() made.')
    // By its looks: the layer that makes them is above this one.
    if ('seats' in one) {
      throw wrong(
        name,
        `run: '${one.name}' is a governed loop, which only the process that has its code can drive. Test it with a scripted model on memoryLedger(), or move it over to agent().`,
      )
    }
    if (names.has(one.name)) throw wrong(name, `run: '${one.name}' stands there twice.`)
    names.add(one.name)
  }
}

function checkStories(name: string, stories: readonly Story[], run: readonly AnyStartable[]): void {
  if (stories.length === 0) throw wrong(name, 'stories: there is none, so nothing comes in; tell at least one.')
  const names = new Set<string>()
  for (const { name: story, messages } of stories) {
    if (story === '' || names.has(story)) throw wrong(name, `stories: '${story}' is no name of its own.`)
    names.add(story)
    if (messages.length === 0) throw wrong(name, `story '${story}': a story has at least one message.`)
    checkMessages(name, story, messages, run)
  }
}

function checkMessages(name: string, story: string, messages: readonly Message[], run: readonly AnyStartable[]): void {
  for (const { agent, afterMs, session, key } of messages) {
    if (agent !== undefined && !run.some((one) => one.name === agent))
      throw wrong(name, `story '${story}': there is no agent '${agent}' in run.`)
    if (afterMs !== undefined && !(Number.isSafeInteger(afterMs) && afterMs >= 0))
      throw wrong(name, `story '${story}': afterMs is a whole number of ms from 0.`)
    if (session !== undefined && key === undefined)
      throw wrong(name, `story '${story}': a message of a session needs a key, so that it is worked once.`)
  }
}

function checkNumbers({ name, workers, lease, within, tools, world, model }: ScenarioOptions<unknown>): void {
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS))
    throw wrong(name, `workers is a whole number from 1 to ${MOST_WORKERS}.`)
  if (lease !== undefined && durationMs(lease) < LEAST_LEASE_MS) throw wrong(name, "lease is at least '1s'.")
  if (within !== undefined && durationMs(within) < 1) throw wrong(name, 'within is at least 1ms.')
  for (const [option, made] of Object.entries({ tools, world, model })) {
    if (made !== undefined && typeof made !== 'function')
      throw wrong(name, `${option} is a function: each case has its own.`)
  }
}

function checkFaults({ name, faults = {} }: ScenarioOptions<unknown>): void {
  const known: readonly string[] = [...FAULT_NAMES, ...FAULT_LAYERS]
  for (const [fault, rate] of Object.entries(faults)) {
    if (!known.includes(fault)) throw wrong(name, `faults: '${fault}' is none of ${known.join(', ')}.`)
    if (!(typeof rate === 'number' && rate >= 0 && rate <= 1))
      throw wrong(name, `faults: the rate of '${fault}' is a number from 0 to 1.`)
  }
}
