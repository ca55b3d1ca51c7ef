import { z } from 'zod'
import type { BusyPolicy } from '../../src/core/sessions.js'
import { agent } from '../../src/orchestrator/agent.js'
import { flow } from '../../src/orchestrator/flow.js'
import { scenario } from '../../src/rehearse/define.js'
import type { After, Asked, Message, PersonSays, Scenario, Stage, StandIn } from '../../src/rehearse/scenario.js'
import type { Act } from '../../src/rehearse/verdict.js'
import { scriptedModel } from '../../src/testing/scripted-model.js'
import type { SaidReply, ScriptedRequest } from '../../src/testing/scripted-model-reply.js'
import { type Call, tool } from '../../src/tools/tool.js'
import { notAtRest } from './at-rest.js'

const crate = z.object({ crate: z.string() })
type Give = z.infer<typeof crate>

/** Its API acts whenever it is called, and can be asked. */
const stow = tool({
  ...{ name: 'stow', description: 'Stows a crate.', input: crate, effect: 'checked', timeout: '2s', settles: '1s' },
  attempts: 6,
  key: ({ crate: name }) => name,
  check: async () => ({ did: 'unknown' }),
  execute: async (): Promise<unknown> => null,
})

/** Keeps a list of what was stowed in its session, from run to run. */
const checker = flow({
  name: 'checker',
  version: 1,
  input: crate,
  tools: [stow],
  ceilings: { run: { retries: 40, deadline: '2h' } },
  session: { state: z.object({ list: z.array(z.string()) }), version: 1, initial: { list: [] }, gapWithin: '5m' },
  run: async (ctx, input) => {
    const { list } = ctx.state
    await ctx.tool(stow, input)
    await ctx.setState({ list: [...list, input.crate] })
    await ctx.sleep('3s')
    return ctx.state.list
  },
})

/** Takes in what is said to it while it works; what it was told before it is shown again. */
const clerk = agent({
  name: 'clerk',
  version: 1,
  model: { model: scriptedModel({ replies: [] }), maxOutputTokens: 200, timeout: '20s' },
  input: crate,
  outcome: z.object({ list: z.array(z.string()) }),
  instructions: 'Stow the crates.',
  tools: [stow],
  ceilings: { run: { usd: '$5', retries: 60, steps: 200, deadline: '2h' } },
  session: { whileBusy: 'steer' },
})

/** One crate after another, of all that it was told of and has no answer about; then it is done. */
function clerkSays({ messages }: ScriptedRequest): SaidReply {
  const told = messages.flatMap((one) => (one.role === 'user' ? [...one.text.matchAll(/"crate":"(\w)"/g)] : []))
  const names = [...new Set(told.map(([, name]) => name ?? ''))]
  const calls = messages.flatMap((one) => (one.role === 'assistant' ? (one.toolCalls ?? []) : []))
  const answered = new Set(messages.flatMap((one) => (one.role === 'tool' ? [one.callId] : [])))
  const asked = calls.filter(({ id }) => answered.has(id)).map(({ inputText }) => inputText)
  const next = names.find((name) => !asked.some((text) => text.includes(`"${name}"`)))
  if (next !== undefined) return { text: `Now ${next}.`, toolCalls: [{ name: 'stow', input: { crate: next } }] }
  return { toolCalls: [{ name: 'complete', input: { list: names } }] }
}

/** What was stowed. A hand does as it is told, as often as it is told. */
class Quay {
  readonly acts: Act[] = []
  constructor(private readonly stage: Stage) {}

  standIns(): Record<string, StandIn> {
    return {
      stow: {
        execute: async (input: Give, { key, tenant, runId }: Call) => {
          await this.stage.sleep(this.stage.chance.between(20, 400, `stow ${key} ${this.acts.length}`))
          this.acts.push({ tool: 'stow', key, tenant, runId, input: { ...input } })
          return null
        },
        check: async (_: Give, { key }) =>
          this.acts.some((act) => act.key === key) ? { did: 'happen', result: null } : { did: 'not_happen' },
      },
    }
  }
}

const onDuty = ({ escalation, happened }: Asked<Quay>): PersonSays | null =>
  escalation.kind === 'doubt' ? { decision: happened ? 'happened' : 'not_happened', by: 'bosun' } : null

const NAMES = ['a', 'b', 'c', 'd'] as const
const messages = (more: (name: string, at: number) => Partial<Message>): Message[] =>
  NAMES.map((name, at) => ({ key: name, session: 's', input: { crate: name }, afterMs: at * 900, ...more(name, at) }))
const busy = (whileBusy: BusyPolicy) => ({ name: whileBusy, messages: messages(() => ({ whileBusy })) })
/** In the order of their coming. */
const numbered = (numbers: readonly number[]) =>
  numbers.map((sequence, at): Message => {
    const name = NAMES[sequence - 1] ?? ''
    return { key: name, session: 's', input: { crate: name }, afterMs: at * 900, sequence }
  })

const STORIES = [
  busy('queue'),
  busy('steer'),
  busy('replace'),
  busy('refuse'),
  { name: 'out of order', messages: numbered([3, 1, 4, 2]) },
  { name: 'with a gap', messages: numbered([4, 1, 2]) },
  { name: 'told more', messages: messages(() => ({ agent: 'clerk' })) },
]

/** No crate twice; each run that completed goes on from the list of the one before; numbers are kept. */
function notAsTold({ acts, facts, story, calm }: After<Quay>): string[] {
  const stowed = acts.map(({ input }) => (input as unknown as Give).crate)
  const worked = facts.filter(({ run }) => run.workedBy === null)
  const lists = worked
    .filter(({ run }) => run.agent === 'checker' && run.outcome === 'completed')
    .sort((a, b) => (a.run.sessionNo ?? 0) - (b.run.sessionNo ?? 0))
    .map(
      ({ entries }) =>
        (JSON.parse(entries.find(({ kind }) => kind === 'end')?.body ?? '{}') as End).outcome?.output ?? [],
    )
  const last = lists.at(-1) ?? []
  const isNumbered = story.messages.some(({ sequence }) => sequence !== undefined)
  const wanted = story.messages.length
  return [
    ...stowed.filter((name, at) => stowed.indexOf(name) !== at).map((name) => `${name} was stowed twice.`),
    ...(calm && stowed.length < 1 ? ['Nothing was stowed.'] : []),
    ...(calm && story.name === 'told more' && [...stowed].sort().join('') !== 'abcd' ? [`Stowed: ${stowed}.`] : []),
    ...lists.flatMap((list, at) => {
      const before = lists[at - 1] ?? []
      const goesOn = list.length > before.length && before.every((name, i) => name === list[i])
      return goesOn ? [] : [`The list went from ${before.join(' ')} to ${list.join(' ')}.`]
    }),
    ...last.filter((name) => !stowed.includes(name)).map((name) => `${name} is on the list and was not stowed.`),
    ...(isNumbered && last.join('') !== [...last].sort().join('') ? [`Out of order: ${last.join(' ')}.`] : []),
    ...(calm && isNumbered && last.length !== wanted ? [`Of ${wanted} messages ${last.length} were worked.`] : []),
    ...(calm && story.name === 'queue' && last.join('') !== 'abcd' ? [`On a calm night: ${last.join(' ')}.`] : []),
  ]
}
interface End {
  readonly outcome?: { readonly output?: string[] }
}

/** One conversation whose messages come while another is worked, out of order, or never. */
export const quay: Scenario = scenario<Quay>({
  name: 'quay',
  run: [checker, clerk],
  stories: STORIES as unknown as Parameters<typeof scenario>[0]['stories'],
  world: (stage) => new Quay(stage),
  model: () => clerkSays,
  tools: (world) => world.standIns(),
  acts: (world) => world.acts,
  people: onDuty,
  within: '6h',
  expect: { that: (after) => [...notAtRest(after), ...notAsTold(after)] },
})
