import type { Strike } from '../fault.js'
import type { CaseOf } from '../play.js'
import type { Scenario } from '../scenario.js'
import type { Verdict } from '../verdict.js'
import { showStrike } from './strike-text.js'

/** One case of a campaign before it is played. JSON: it crosses processes. */
export interface Case {
  readonly scenario: string
  readonly story: string
  readonly seed: number
  /** Exact places; null: by rates, from the seed. */
  readonly strikes: readonly Strike[] | null
  /** The messages of the story that come in, counted from 1; left out: all of them. */
  readonly messages?: readonly number[]
}

/** Plays one case to its end and judges it. Throws only where the rehearsal itself is broken. */
export type Play = (scenario: Scenario, id: CaseOf) => Promise<Verdict>

/** The case that a verdict is about, by what struck: it replays without chance. */
export function exactly(one: Case, verdict: Verdict): Case {
  return { ...one, strikes: verdict.struck }
}

/** Two cases that are played alike have the same key. */
export function caseKey({ scenario, story, seed, strikes, messages }: Case): string {
  const struck = strikes === null ? 'by rates' : strikes.map(showStrike).sort().join(' ')
  return [scenario, story, seed, struck, ...(messages ?? [])].join('|')
}

/** The scenario with only these messages of a story; the same one where nothing is left out. */
export function withMessages(scenario: Scenario, { story, messages }: Case): Scenario {
  if (!messages) return scenario
  const [first, ...rest] = scenario.options.stories.map((one) =>
    one.name === story ? { ...one, messages: one.messages.filter((_, at) => messages.includes(at + 1)) } : one,
  )
  return first ? { ...scenario, options: { ...scenario.options, stories: [first, ...rest] } } : scenario
}
