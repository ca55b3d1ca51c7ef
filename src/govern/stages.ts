import { MidwatchError } from '../core/errors.js'
import { kindOf, type Limits, limitOf, type ToSmallest } from './ceilings.js'

/** Totals within one stage, over all visits to it. */
export type StageLimits<M extends string> = Omit<Limits<M>, 'deadline'>

/** One stage as a user writes it. `T`: names of the tools · `S`: names of the stages · `M`: meters that the tools charge. */
export interface StageOption<T extends string, S extends string, M extends string> {
  /** What the stage is for: the model reads it before it goes there. */
  readonly about?: string
  /** The only tools that may be called here. None: nothing but to go on or to end. */
  readonly allow: readonly T[]
  /** Where a run may go from here. Left out: it ends here. */
  readonly next?: readonly S[]
  readonly ceilings?: StageLimits<M>
}

export interface Stage {
  readonly name: string
  readonly about: string | null
  readonly allow: ReadonlySet<string>
  readonly next: readonly string[]
  /** In the meters' smallest units. */
  readonly ceilings: readonly { readonly meter: string; readonly limit: number }[]
}

/** In the order in which they were written: a run begins in the first. */
export type Stages = ReadonlyMap<string, Stage>

interface Known {
  readonly tools: readonly string[]
  readonly meters: readonly string[]
  readonly toSmallest: ToSmallest
}

/** Checks and completes the stages of a policy. Throws `invalid_definition`. */
export function stagesOf(
  agent: string,
  options: Readonly<Record<string, StageOption<string, string, string>>>,
  known: Known,
): Stages {
  const made = Object.entries(options).map(([name, option]) => stageOf(agent, name, option, known))
  const stages = new Map(made.map((stage) => [stage.name, stage]))
  const [first] = made
  if (!first) throw wrong(agent, 'stages: name at least one, or leave them out.')
  for (const { name, next } of made) {
    const nowhere = next.find((to) => !stages.has(to) || to === name)
    if (nowhere !== undefined) throw wrong(agent, `stages.${name}: there is no other stage '${nowhere}' to go to.`)
  }
  const reached = reachedFrom(first, stages)
  const stranded = made.find(({ name }) => !reached.has(name))
  if (stranded) throw wrong(agent, `stages.${stranded.name}: no way leads there from '${first.name}'.`)
  return stages
}

function stageOf(agent: string, name: string, option: StageOption<string, string, string>, known: Known): Stage {
  // Names like numbers would change the order, and with it the stage that a run begins in.
  if (!/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/.test(name))
    throw wrong(agent, `stages: '${name}' is no name; a stage begins with a letter and has letters, digits, _ and -.`)
  const stranger = option.allow.find((tool) => !known.tools.includes(tool))
  if (stranger !== undefined)
    throw wrong(agent, `stages.${name}: it has no tool '${stranger}'; its tools: ${known.tools.join(', ') || 'none'}.`)
  const limits = Object.entries(option.ceilings ?? {}).filter(([, value]) => value !== undefined)
  const meter = limits.find(([one]) => !known.meters.includes(one))
  if (meter) throw wrong(agent, `stages.${name}: no tool charges the meter '${meter[0]}' that a ceiling names.`)
  return {
    name,
    about: option.about ?? null,
    allow: new Set(option.allow),
    next: [...new Set(option.next ?? [])],
    ceilings: limits.map(([one, value]) => ({ meter: one, limit: limitOf(one, value, known.toSmallest) })),
  }
}

function reachedFrom(first: Stage, stages: Stages): ReadonlySet<string> {
  const reached = new Set([first.name])
  // A set that grows while it is walked is walked to its end.
  for (const name of reached) for (const to of stages.get(name)?.next ?? []) reached.add(to)
  return reached
}

const wrong = (agent: string, what: string) => new MidwatchError('invalid_definition', `'${agent}': ${what}`)

/** The stage of that name; null stands for the first. */
export function stageAt(stages: Stages, name: string | null): Stage | null {
  return (name === null ? stages.values().next().value : stages.get(name)) ?? null
}

/** A governed no, with the rule that says it. */
export interface OutOfOrder {
  readonly rule: `stages.${string}`
  readonly say: string
}

/** Why a tool may not be called in this stage; null where it may. */
export function outOfStage(stages: Stages | null, at: string | null, tool: string): OutOfOrder | null {
  const stage = stages === null ? null : stageAt(stages, at)
  if (stages === null || stage?.allow.has(tool)) return null
  const name = stage?.name ?? String(at)
  const here =
    stage && stage.allow.size > 0 ? `Allowed here: ${[...stage.allow].join(', ')}.` : 'No tool is allowed here.'
  const where = [...stages.values()].filter((one) => one.allow.has(tool)).map((one) => `'${one.name}'`)
  const there = where.length === 0 ? '' : ` It belongs to stage ${where.join(', ')}.`
  return {
    rule: `stages.${name}`,
    say: `${tool} is out of order in stage '${name}'. ${here}${there} Nothing was done.`,
  }
}

/** Why a run may not go from here to that stage; null where it may. */
export function noWay(from: Stage, to: unknown): OutOfOrder | null {
  if (typeof to === 'string' && from.next.includes(to)) return null
  const ways = from.next.length === 0 ? 'It is the last.' : `From here: ${from.next.join(', ')}.`
  return { rule: `stages.${from.name}`, say: `No way leads from stage '${from.name}' to '${String(to)}'. ${ways}` }
}

/**
 * The limit on a run's own meter that a stage makes: what had been used when it was entered, less what earlier visits used of
 * it, and then its ceiling. null where the stage has none.
 */
export function stageLimit(stage: Stage, meter: string, base: number): number | null {
  const ceiling = stage.ceilings.find((one) => one.meter === meter)
  if (!ceiling) return null
  return kindOf(meter) === 'sum' ? base + ceiling.limit : ceiling.limit
}

/** The name under which a stage's ceiling is told: `stages.NAME.METER`. */
export const stageMeter = (stage: string, meter: string): string => `stages.${stage}.${meter}`

/** The meter that such a name is about; null for any other name. */
export function meterInStage(name: string): string | null {
  return /^stages\.[^.]+\.(.+)$/.exec(name)?.[1] ?? null
}
