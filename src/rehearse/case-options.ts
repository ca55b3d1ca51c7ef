import { LIMITS } from '../core/limits.js'
import { durationMs } from '../core/time.js'
import { type Definition, servesKey } from '../orchestrator/definition.js'
import { FLOOD } from './actors/flood.js'
import type { CaseOf } from './case-frame.js'
import type { Chance } from './chance.js'
import { fatesByRates } from './fates/by-rates.js'
import { exactFates } from './fates/exact.js'
import type { KeptFates } from './fates/kept.js'
import type { Strike } from './fault.js'
import type { Message, Scenario } from './scenario.js'

type Options = Scenario['options']

/** What strikes a case: at exact places, or by rates from its seed. `able`: of the exact ones, those that can strike here. */
export function fatesOf(
  { faults = {} }: Options,
  { strikes, rates = faults }: CaseOf,
  chance: Chance,
  able: (strikes: readonly Strike[]) => readonly Strike[] = (all) => all,
): KeptFates {
  return strikes ? exactFates(able(strikes)) : fatesByRates(chance, rates)
}

/** Which agent or flow a message is for: the first where it does not say. */
export function definitionFor({ run }: Options, { agent }: Message): Definition {
  return (run.find(({ name }) => name === agent) ?? run[0]).definition
}

/** What the workers of a case serve: what the scenario names, the flows that score its runs, and what a flood starts. */
export function servesOf(run: Options['run']): ReadonlyMap<string, Definition> {
  const all = run.flatMap(({ definition }) => [definition, ...(definition.companion ? [definition.companion] : [])])
  return new Map([...all, FLOOD.definition].map((definition) => [servesKey(definition), definition]))
}

export function leaseMsOf({ lease }: Options): number {
  return lease === undefined ? LIMITS.lease_ms : durationMs(lease)
}
