import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MidwatchError } from '../core/errors.js'
import type { Scenario } from '../rehearse/scenario.js'
import { type Loaded, loadScenarios } from '../rehearse/scenario-file.js'
import type { Call } from './call.js'
import { configPath } from './config.js'

const FOLDER = 'rehearsals'
const IS_REHEARSAL = /^[^.].*(?<!\.test|\.d)\.(ts|mts|js|mjs)$/

/**
 * The scenarios that a command line names: those of its files, else of `rehearsals/` beside the config; with --scenario and
 * --story only those. Throws `invalid_rehearsal` and `unknown_story`.
 */
export async function findRehearsals(call: Call): Promise<Loaded[]> {
  const loaded = await loadScenarios(filesOf(call))
  const [scenario, story] = [call.text('scenario'), call.text('story')]
  const named = scenario === undefined ? loaded : loaded.filter((one) => one.scenario.name === scenario)
  if (named.length === 0)
    throw unknown(
      `There is no scenario '${scenario}'`,
      loaded.map((one) => one.scenario.name),
    )
  if (story === undefined) return named
  const told = named.filter((one) => storiesOf(one.scenario).includes(story))
  if (told.length === 0)
    throw unknown(
      `There is no story '${story}'`,
      named.flatMap((one) => storiesOf(one.scenario)),
    )
  return told.map((one) => ({ ...one, scenario: withStory(one.scenario, story) }))
}

export function storiesOf({ options }: Scenario): string[] {
  return options.stories.map(({ name }) => name)
}

function withStory(scenario: Scenario, name: string): Scenario {
  const [story] = scenario.options.stories.filter((one) => one.name === name)
  return story ? { ...scenario, options: { ...scenario.options, stories: [story] } } : scenario
}

function filesOf(call: Call): string[] {
  const { cwd } = call.io
  const named = call.args.filter((arg) => arg !== '')
  if (named.length > 0) return named.map((file) => resolve(cwd, file))
  const config = configPath(cwd, call.text('config'))
  const folder = join(config === null ? cwd : dirname(config), FOLDER)
  const found = existsSync(folder) ? readdirSync(folder).filter((name) => IS_REHEARSAL.test(name)) : []
  if (found.length > 0) return found.sort().map((name) => join(folder, name))
  throw new MidwatchError(
    'invalid_rehearsal',
    `There is no rehearsal in ${folder}: write one (docs/rehearsal.md), or name its file: midwatch rehearse FILE.`,
  )
}

function unknown(what: string, known: readonly string[]): MidwatchError {
  return new MidwatchError('unknown_story', `${what}; there are ${[...new Set(known)].join(', ')}.`)
}
