import { canonical, type JsonValue } from '../../src/core/json.js'
import type { Facts } from '../../src/govern/facts.js'
import { allow, refuse } from '../../src/govern/verdict.js'
import { scenario } from '../../src/rehearse/define.js'
import type { After, Asked, PersonSays, Scenario, StandIn, Story } from '../../src/rehearse/scenario.js'
import type { Counter } from '../tau/counter.js'
import { callText, type Execution } from '../tau/execution-journal.js'
import type { GoldTask } from '../tau/gold-run.js'
import { changesOf, type ToolSpec } from '../tau/outside-data.js'
import { RetailDesk } from '../tau/retail-desk.js'
import type { Shop } from '../tau/shop.js'
import { notAtRest } from './at-rest.js'
import { scriptOf, type Wanted } from './gold-script.js'

/** What a task leads to, worked out once. */
interface Target {
  readonly reply: ReturnType<typeof scriptOf>
  /** Writes that the customer has confirmed, as texts. */
  readonly confirmed: ReadonlySet<string>
  readonly performed: readonly string[]
  readonly refused: ReadonlySet<string>
  readonly changes: readonly string[]
}

export interface TauOptions {
  readonly tasks: readonly GoldTask[]
  readonly specs: readonly ToolSpec[]
  readonly shop: Shop
  readonly counter: Counter
}

/** Each retail task a story: one message, a shop of its own, and the gold to be held against. */
export function tauScenario({ tasks, specs, shop, counter }: TauOptions): Scenario {
  const writes = specs.filter(({ kind }) => kind === 'write').map(({ name }) => name)
  const targets = new Map(tasks.map((one) => [one.task.id, targetOf(one)]))
  const target = (id: string) => targets.get(id) as Target
  const rules = Object.fromEntries(writes.map((tool) => [tool, onlyConfirmed(tool, target)]))
  const newDesk = () => new RetailDesk(shop, counter, specs)
  const retail = newDesk().agentFor(
    tasks.map(({ task }) => task),
    rules,
  )
  return scenario<RetailDesk>({
    name: 'tau-retail',
    run: [retail],
    stories: tasks.map(({ task: { id } }) => storyOf(id)),
    world: newDesk,
    model:
      ({ story }) =>
      ({ messages }) =>
        target(story.name).reply(messages),
    tools: (desk) => Object.fromEntries(specs.map((spec) => [spec.name, desk.workOf(spec) as StandIn])),
    acts: (desk) =>
      desk.witness.all
        .filter(({ refused }) => refused === null)
        .map(({ tool, args, key, runId }) => ({ tool, key, runId, input: args as JsonValue })),
    people,
    expect: { that: (after) => [...notAtRest(after), ...notAsGold(after, target(after.story.name))] },
  })
}

const storyOf = (id: string): Story => ({
  name: id,
  messages: [{ input: { task: id }, key: id, tenant: id }],
})

function targetOf({ task, gold }: GoldTask): Target {
  const wanted = gold.steps.map(({ i, tool, kind, error }): Wanted => {
    const args = task.gold_actions[i]?.args ?? {}
    const refusal = error?.replace(/^Error: /, '')
    return { tool, args, write: kind === 'write', ...(refusal !== undefined && { refusal }) }
  })
  const asked = wanted
    .filter(({ write }) => write)
    .map((one) => ({ ...one, args: one.args as Record<string, unknown> }))
  const texts = (refused: boolean) =>
    asked.filter((one) => (one.refusal !== undefined) === refused).map((one) => callText(one, one.refusal ?? null))
  return {
    reply: scriptOf(wanted, { turns: wanted.length }),
    confirmed: new Set(asked.map(({ tool, args }) => `${tool} ${canonical(args)}`)),
    performed: texts(false).sort(),
    refused: new Set(texts(true)),
    changes: changesOf(gold),
  }
}

/** The shop's policy has the customer confirm each write; what nobody confirmed is not done, whatever a model says. */
function onlyConfirmed(tool: string, target: (id: string) => Target) {
  return (args: unknown, { tenant }: Facts) =>
    target(tenant).confirmed.has(`${tool} ${canonical(args)}`)
      ? allow()
      : refuse('policy', 'The customer has not confirmed this.')
}

/** Nobody wants a write again that was done; doubts are answered by what was seen. */
function people({ escalation, happened }: Asked<RetailDesk>): PersonSays {
  const by = 'clerk'
  if (escalation.kind !== 'doubt') return { decision: 'deny', by }
  return { decision: happened ? 'happened' : 'not_happened', by }
}

/** A run that completed did the gold writes and left the gold state; any other did some of them, none twice. */
function notAsGold({ runs, world }: After<RetailDesk>, target: Target): string[] {
  const did = world.witness.all
  const performed = textsOf(did, (one) => one.refused === null).sort()
  const strange = textsOf(did, (one) => one.refused !== null).filter((text) => !target.refused.has(text))
  const completed = runs.some(({ status }) => status === 'completed')
  const wanted = completed ? target.performed : target.performed.filter((text) => performed.includes(text))
  const changes = runs.flatMap(({ runId }) => world.shopOf(runId).changes())
  return [
    ...(performed.join('\n') === wanted.join('\n') ? [] : [`Did ${performed.join('; ')}, not ${wanted.join('; ')}.`]),
    ...strange.map((text) => `Was refused what nobody asked for: ${text}.`),
    ...(completed && changes.join('\n') !== target.changes.join('\n') ? [`Another state: ${changes.join('; ')}.`] : []),
  ]
}

function textsOf(did: readonly Execution[], which: (one: Execution) => boolean): string[] {
  return did.filter(which).map((one) => callText(one, one.refused))
}
