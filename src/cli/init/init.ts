import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { installWith, npmOf } from './install.js'
import { type Plan, planInit } from './plan.js'
import { askWishes } from './questions.js'
import { TEMPLATES } from './template.js'
import { inTheWayText, toldOf } from './told.js'
import { writePlan } from './write.js'

export interface InitOptions {
  readonly cwd: string
  /** As it was written; null: nobody said. */
  readonly folder: string | null
  readonly template?: string | undefined
  /** The version or place of `midwatch` that the project depends on. */
  readonly midwatch: string
  /** Holds all templates. */
  readonly templates: string
  /** Whether a person can be asked. */
  readonly asks: boolean
  readonly install: boolean
  /** Such as `pnpm/9.1.0 npm/? …`, by which the caller's package manager is known. */
  readonly userAgent: string | undefined
}

/** `left`: the person went away. `in_the_way`: nothing was written, and `plan.inTheWay` says why. */
export type Initialised =
  | { readonly code: 'left' }
  | { readonly code: 'in_the_way' | 'ok'; readonly plan: Plan; readonly text: string; readonly installed: boolean }

/** Writes a project. Throws `usage` for a template that there is not, `invalid_config` for a package.json that is no JSON. */
export async function initialise(options: InitOptions): Promise<Initialised> {
  const { cwd, midwatch, templates } = options
  const template = knownTemplate(options.template)
  const wishes = options.asks ? await askWishes(options.folder, suggestedFolder(cwd, template)) : null
  if (options.asks && wishes === null) return { code: 'left' }
  const folder = resolve(cwd, wishes?.folder ?? options.folder ?? '.')
  const plan = planInit({ folder, templates, template, midwatch })
  if (plan.inTheWay.length > 0) return { code: 'in_the_way', plan, text: inTheWayText(plan), installed: false }
  writePlan(plan)
  const npm = npmOf(options.userAgent, folder)
  const installed = (wishes?.install ?? options.install) && (await installWith(npm, folder))
  return { code: 'ok', plan, text: toldOf(plan, { cwd, installed, npm }), installed }
}

function knownTemplate(named: string = TEMPLATES[0].name): string {
  const found = TEMPLATES.find(({ name }) => name === named)
  if (found) return found.name
  const known = TEMPLATES.map(({ name, about }) => `${name} (${about})`).join(', ')
  throw new MidwatchError('usage', `There is no template '${named}'; there is ${known}.`)
}

/** Here, where nothing is or a project is; else a folder of its own. */
function suggestedFolder(cwd: string, template: string): string {
  const names = existsSync(cwd) ? readdirSync(cwd).filter((name) => !name.startsWith('.')) : []
  return names.length === 0 || names.includes('package.json') ? '.' : template
}
