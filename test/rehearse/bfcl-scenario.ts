import type { JsonValue } from '../../src/core/json.js'
import { type AdmitBody, readBody } from '../../src/orchestrator/bodies.js'
import { scenario } from '../../src/rehearse/define.js'
import type { After, Asked, PersonSays, Scenario, StandIn, Story } from '../../src/rehearse/scenario.js'
import { fault } from '../../src/tools/fault.js'
import type { Call } from '../../src/tools/tool.js'
import { agentNameOf, agentsFor, writesIn } from '../bfcl/bfcl-agents.js'
import type { GoldCall, Task, ToolText } from '../bfcl/outside-data.js'
import { callText, type Executed, RecordedApis, Recording } from '../bfcl/recorded-apis.js'
import { notAtRest } from './at-rest.js'
import { scriptOf } from './gold-script.js'

/** Between two turns of a conversation, virtual. */
const TURN_MS = 60_000

/** Every task a conversation: a session whose messages are its turns, in a tenant of its own. */
export function bfclScenario(tasks: readonly Task[], tools: readonly ToolText[]): Scenario {
  const writes = writesIn(tasks)
  const recordings = new Map(tasks.map((task) => [task.id, new Recording(task, (tool) => writes.has(tool))]))
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const agents = agentsFor({ tasks, tools, writes, recordingOf: (tenant) => recordings.get(tenant) })
  const used = new Set(agents.flatMap(({ definition }) => [...definition.tools.keys()]))
  const stoodIn = tools.filter(({ name }) => used.has(name))
  const [first, ...rest] = agents
  const stories = tasks.map(storyOf)
  if (!first) throw new RangeError('no task')
  return scenario<RecordedApis>({
    name: 'bfcl',
    run: [first, ...rest],
    stories,
    world: ({ story }) => new RecordedApis(recordings.get(story.name) as Recording),
    model: ({ story }) => modelOf(byId.get(story.name) as Task, writes),
    tools: (world) => Object.fromEntries(stoodIn.map(({ name }) => [name, standIn(world, name, writes.get(name))])),
    acts: ({ executed }) =>
      executed.map(({ tool, args, key, runId }) => ({ tool, key, runId, input: args as JsonValue })),
    people,
    expect: {
      that: (after) => [...notAtRest(after), ...notAsRecorded(after, byId.get(after.story.name) as Task, writes)],
    },
  })
}

function storyOf(task: Task): Story {
  const { id, turns } = task
  const shared = { session: id, tenant: id, agent: agentNameOf(task) }
  const messages = turns.map((_, turn) => ({
    ...shared,
    input: { turn },
    key: `${id}:${turn}`,
    afterMs: turn * TURN_MS,
  }))
  return { name: id, messages }
}

/** What a turn's user asks for is what the benchmark's solution calls. */
function modelOf({ turns }: Task, writes: ReadonlyMap<string, unknown>) {
  const scripts = turns.map(({ gold_calls }) =>
    scriptOf(
      gold_calls.map(({ tool, args, error, result }) => ({
        ...{ tool, args, write: writes.has(tool) },
        ...(error && { refusal: refusalOf(result) }),
      })),
    ),
  )
  return ({ messages }: { messages: Parameters<(typeof scripts)[number]>[0] }) => {
    const asked = messages.find(({ role }) => role === 'user')
    const { turn } = JSON.parse(asked && 'text' in asked ? asked.text : '{}') as { turn: number }
    return scripts[turn]?.(messages) ?? 'There is no such turn.'
  }
}

const refusalOf = (result: unknown): string => JSON.stringify(result)

/** Answers as recorded. Keyed APIs give the first answer for a key again; the others act whenever they are called. */
function standIn(apis: RecordedApis, tool: string, effect: string | undefined): StandIn {
  const answered = (found: GoldCall | undefined) => {
    if (!found) throw fault.permanent('not_recorded')
    if (found.error) throw fault.permanent(refusalOf(found.result))
    return found.result
  }
  const execute = async (args: never, { key, runId }: Call) => {
    if (effect === undefined) return answered(apis.read({ tool, args }))
    const known = effect === 'keyed' ? apis.under(key) : undefined
    return known ? known.result : answered(apis.write({ tool, args }, key, runId))
  }
  if (effect !== 'checked') return { execute }
  const check = async (_: never, { key }: Call) => {
    const done = apis.under(key)
    return done ? ({ did: 'happen', result: done.result } as const) : ({ did: 'not_happen' } as const)
  }
  return { execute, check }
}

/** The user is asked whether a call that was made before is to be made again, and wants nothing twice. */
function people({ escalation, happened }: Asked<RecordedApis>): PersonSays | null {
  const by = 'user'
  if (escalation.kind !== 'doubt') return { decision: 'deny', by }
  return { decision: happened ? 'happened' : 'not_happened', by }
}

/** In order, exactly once: a run that completed made its turn's writes; any other stopped somewhere on the way. */
function notAsRecorded(after: After<RecordedApis>, task: Task, writes: ReadonlyMap<string, unknown>): string[] {
  const { executed } = after.world
  const wrong: string[] = []
  let place = 0
  for (const { run, entries } of [...after.facts].sort((a, b) => (a.run.sessionNo ?? 0) - (b.run.sessionNo ?? 0))) {
    const { turn } = (readBody<AdmitBody>(entries[0]?.body ?? null).input ?? {}) as { turn: number }
    const gold = (task.turns[turn]?.gold_calls ?? []).filter(({ tool }) => writes.has(tool)).map(callText)
    const did: string[] = []
    for (let one = executed[place]; one?.runId === run.runId; one = executed[place]) {
      did.push(callText(one))
      place += 1
    }
    const wanted = run.outcome === 'completed' ? gold : gold.slice(0, did.length)
    if (did.join('\n') !== wanted.join('\n'))
      wrong.push(`Turn ${turn} (${run.outcome}) did ${did.join('; ')} instead of ${wanted.join('; ')}.`)
  }
  return place === executed.length ? wrong : [...wrong, `Out of turn: ${textsFrom(executed, place)}.`]
}

const textsFrom = (executed: readonly Executed[], from: number) => executed.slice(from).map(callText).join('; ')
