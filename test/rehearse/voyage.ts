import { z } from 'zod'
import type { JsonValue } from '../../src/core/json.js'
import type { WoundDown } from '../../src/core/wound-down.js'
import { allow, escalate } from '../../src/govern/verdict.js'
import { agent } from '../../src/orchestrator/agent.js'
import { scenario } from '../../src/rehearse/define.js'
import type { After, Asked, PersonSays, Scenario, Stage, StandIn } from '../../src/rehearse/scenario.js'
import type { Act } from '../../src/rehearse/verdict.js'
import { scriptedModel } from '../../src/testing/scripted-model.js'
import type { SaidReply, ScriptedRequest } from '../../src/testing/scripted-model-reply.js'
import { type Call, tool } from '../../src/tools/tool.js'
import { notAtRest } from './at-rest.js'

const CALLS = z.object({ does: z.array(z.string()), ends: z.enum(['complete', 'refuse']) })
type Calls = z.infer<typeof CALLS>
const input = z.object({ id: z.string() })
const nothing = async (): Promise<unknown> => null

/** A tool of each class, each with an undo of that class; what stands behind them are the stand-ins below. */
const hotel = tool({
  ...{ name: 'hotel', description: 'Books a room.', input, effect: 'keyed', keyRemembered: '1d', timeout: '2s' },
  execute: nothing,
  undo: { effect: 'keyed', keyRemembered: '1d', execute: nothing },
})
const flight = tool({
  ...{ name: 'flight', description: 'Books a seat.', input, effect: 'checked', timeout: '2s', settles: '1s' },
  readBack: true,
  check: async () => ({ did: 'unknown' }),
  execute: nothing,
  undo: { effect: 'checked', check: async () => ({ did: 'unknown' }), execute: nothing },
})
/** Two people must allow a payment. */
const pay = tool({
  ...{ name: 'pay', description: 'Pays.', input, effect: 'once', isolate: 'none', timeout: '2s', people: 2 },
  execute: nothing,
  undo: { effect: 'once', isolate: 'none', execute: nothing },
})
const log = tool({
  ...{ name: 'log', description: 'Writes a log.', input, effect: 'keyed', keyRemembered: '1d', timeout: '2s' },
  execute: nothing,
  undo: 'not_needed',
})

const planner = agent({
  name: 'planner',
  version: 1,
  model: { model: scriptedModel({ replies: [] }), maxOutputTokens: 200, timeout: '5s' },
  input: CALLS,
  outcome: z.object({ calls: z.number() }),
  instructions: 'Book what is asked for.',
  tools: [hotel, flight, pay, log],
  stages: {
    book: { allow: ['hotel', 'flight', 'log'], next: ['settle'] },
    settle: { allow: ['pay', 'log'] },
  },
  rules: {
    pay: () => escalate({ to: 'mate', within: '2h', otherwise: 'refuse' }),
    'pay.undo': ({ result }) =>
      result === null ? escalate({ to: 'mate', within: '1h', otherwise: 'refuse' }) : allow(),
  },
  ceilings: { run: { usd: '$1', retries: 30, steps: 40, deadline: '4h' } },
  windDown: { otherwise: 'undo', killed: 'escalate', within: '9h' },
})

const story = (name: string, does: readonly string[], ends: Calls['ends']) => ({
  name,
  messages: [{ key: 'm', principal: 'cleo', input: { does: [...does], ends } }],
})
const STORIES = [
  story('all is well', ['hotel', 'flight', 'go', 'pay'], 'complete'),
  story('is refused', ['hotel', 'log', 'flight', 'hotel'], 'refuse'),
  story('is refused after it paid', ['flight', 'go', 'pay', 'log'], 'refuse'),
] as const

/** One call a turn, in order; what failed or was refused is passed over. */
function plannerSays({ messages }: ScriptedRequest): SaidReply {
  const asked = messages.find(({ role }) => role === 'user')
  const { does, ends } = JSON.parse(asked && 'text' in asked ? asked.text : '{}') as Calls
  const made = messages.flatMap((one) => (one.role === 'assistant' ? (one.toolCalls ?? []) : []))
  const mine = made.filter(({ inputText }) => /"of":"voyage"|"stage"|"id":"n\d"/.test(inputText)).length
  const next = does[mine]
  if (next === 'go') return { text: 'On.', toolCalls: [{ name: 'go_to_stage', input: { stage: 'settle' } }] }
  if (next !== undefined) return { text: `Now ${next}.`, toolCalls: [{ name: next, input: { id: `n${mine}` } }] }
  const end = ends === 'complete' ? { calls: does.length } : { reason: 'policy', say: 'It cannot be.' }
  return { text: 'Done.', toolCalls: [{ name: ends, input: end }] }
}

/** What was done and undone. Providers of keyed tools know their keys, the others act whenever they are told to. */
class Voyage {
  readonly acts: Act[] = []
  questions = 0
  constructor(private readonly stage: Stage) {}

  async #did(name: string, wire: unknown, { key, tenant, runId }: Call): Promise<JsonValue> {
    await this.stage.sleep(this.stage.chance.between(10, 300, `${name} ${key} ${this.acts.length}`))
    this.acts.push({ tool: name, key, tenant, runId, input: wire as JsonValue })
    return { done: name }
  }

  #knows = (name: string, { key, tenant }: Call) =>
    this.acts.some((act) => act.tool === name && act.key === key && act.tenant === tenant)

  standIns(): Record<string, StandIn> {
    const of = (name: string, knowsKeys: boolean): [string, StandIn] => [
      name,
      {
        execute: async (wire: unknown, call: Call) =>
          knowsKeys && this.#knows(name, call) ? { done: name } : this.#did(name, wire, call),
        check: async (_: unknown, call: Call) =>
          this.#knows(name, call) ? { did: 'happen', result: { done: name } } : { did: 'not_happen' },
        acts: (_: unknown, call: Call) => !knowsKeys || !this.#knows(name, call),
      } as StandIn,
    ]
    return Object.fromEntries([
      ...['hotel', 'hotel.undo', 'log'].map((name) => of(name, true)),
      ...['flight', 'flight.undo', 'pay', 'pay.undo'].map((name) => of(name, false)),
    ])
  }
}

/** Tells what is true of doubts, allows what is asked, and has the rest of a wind-down tried once more, then left. */
function mate({ escalation, world, happened }: Asked<Voyage>): PersonSays {
  const by = 'mate'
  if (escalation.kind === 'doubt') return { decision: happened ? 'happened' : 'not_happened', by }
  if (escalation.kind === 'approval')
    return { decision: escalation.show.includes('"repeat":true') ? 'deny' : 'approve', by }
  world.questions += 1
  return { decision: 'answer', by, result: world.questions > 1 ? 'leave' : 'undo', afterMs: 60_000 }
}

/** What the outcome tells of its effects is what the world has seen. */
function notAsTold({ world, facts, runs, calm, story: { name } }: After<Voyage>): string[] {
  return facts.flatMap(({ run, entries }) => {
    const end = entries.find(({ kind }) => kind === 'end')
    if (!end) return []
    const { outcome } = JSON.parse(end.body ?? '{}') as { outcome?: { status: string; windDown?: WoundDown } }
    const { undone = [], remains = [] } = outcome?.windDown ?? {}
    const own = world.acts.filter((act) => act.runId === run.runId && act.tool !== 'log')
    const undos = own.filter((act) => act.tool.endsWith('.undo')).length
    const stands = own.length - 2 * undos
    const doubted = remains.filter(({ why }) => why === 'in_doubt').length
    return [
      ...(run.outcome === 'completed' && undos > 0 ? ['A run that completed was wound down.'] : []),
      ...(run.outcome !== 'completed' && stands > remains.length
        ? [`${stands} effects stand, ${remains.length} are told.`]
        : []),
      ...(undone.length > undos ? [`${undone.length} are told as taken back, ${undos} were.`] : []),
      ...(undos > undone.length + doubted ? [`${undos} were taken back, ${undone.length} are told.`] : []),
      ...(calm && name !== 'all is well' && (stands > 0 || runs[0]?.status !== 'refused')
        ? ['On a calm night it is refused, and nothing stands.']
        : []),
    ]
  })
}

/** Runs that are refused after they acted, and what becomes of that. */
export const voyage: Scenario = scenario<Voyage>({
  name: 'voyage',
  run: [planner],
  stories: STORIES as unknown as Parameters<typeof scenario>[0]['stories'],
  world: (stage) => new Voyage(stage),
  model: () => plannerSays,
  tools: (world) => world.standIns(),
  acts: (world) => world.acts,
  people: mate,
  within: '14h',
  expect: { that: (after) => [...notAtRest(after), ...notAsTold(after)] },
})
