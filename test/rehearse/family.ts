import { z } from 'zod'
import type { Ctx } from '../../src/orchestrator/ctx-types.js'
import { flow } from '../../src/orchestrator/flow.js'
import { scenario } from '../../src/rehearse/define.js'
import type { After, Asked, PersonSays, Scenario, Stage, StandIn } from '../../src/rehearse/scenario.js'
import type { Act } from '../../src/rehearse/verdict.js'
import { type Call, tool } from '../../src/tools/tool.js'
import { notAtRest } from './at-rest.js'

const crate = z.object({ crate: z.string() })
/** Shipments of a map, and how many of them are under way at a time. */
const ROWS = ['r1', 'r2', 'r3', 'r4', 'r5'] as const
const AT_ONCE = 2

/** Its API acts whenever it is called, and can be asked. */
const lift = tool({
  ...{ name: 'lift', description: 'Lifts a crate.', input: crate, effect: 'checked', timeout: '2s', settles: '1s' },
  attempts: 6,
  key: ({ crate: name }, { message }) => `${name}:${message.key}`,
  check: async () => ({ did: 'unknown' }),
  execute: async (): Promise<unknown> => null,
})

type Give = { readonly crate: string }
const named = (name: string, run: (ctx: Ctx, input: Give) => Promise<unknown>) =>
  flow({ name, version: 1, input: crate, ceilings: { run: { retries: 40, deadline: '3h' } }, run })

const hauler = named('hauler', async (ctx, input) => {
  await ctx.sleep('2s')
  return ctx.tool(lift, input)
})
/** A grandchild, and something of its own after it. */
const mate = named('mate', async (ctx, { crate: name }) => [
  await ctx.agent(hauler, { crate: `${name}.below` }),
  await ctx.tool(lift, { crate: name }),
])
const calls = named('calls', async (ctx, { crate: name }) => [
  await ctx.agent(mate, { crate: `${name}.1` }),
  await ctx.agent(hauler, { crate: `${name}.2` }),
])
const beside = named('beside', (ctx, { crate: name }) =>
  ctx.all([
    (c) => c.agent(hauler, { crate: `${name}.1` }),
    (c) => c.agent(hauler, { crate: `${name}.2` }),
    (c) => c.tool(lift, { crate: `${name}.3` }),
  ]),
)
const maps = named('maps', (ctx) =>
  ctx.map(ROWS, { atOnce: AT_ONCE, key: (row) => row }, (c, row) => c.tool(lift, { crate: row })),
)
/** Whoever is quicker; what the other one has begun is brought to rest. */
const races = named('races', (ctx, { crate: name }) =>
  ctx.race([
    (c) => c.agent(hauler, { crate: `${name}.1` }),
    async (c) => {
      await c.sleep('2s')
      return c.tool(lift, { crate: `${name}.2` })
    },
  ]),
)
/** Three runs, one after another. */
const stages = named('stages', async (ctx, { crate: name }) => {
  await ctx.tool(lift, { crate: name })
  return name.length < 3 ? ctx.continue({ crate: `${name}i` }) : name
})
const overStages = named('over-stages', (ctx) => ctx.agent(stages, { crate: 'i' }))

/** What was lifted. A crane does as it is told, as often as it is told. */
class Yard {
  readonly acts: Act[] = []
  constructor(private readonly stage: Stage) {}

  async lift(input: Give, { key, runId, tenant }: Call): Promise<unknown> {
    await this.stage.sleep(this.stage.chance.between(20, 400, `lift ${key} ${this.acts.length}`))
    this.acts.push({ tool: 'lift', key, tenant, runId, input: { ...input } })
    return { lifted: input.crate }
  }

  standIns(): Record<string, StandIn> {
    return {
      lift: {
        execute: (input: Give, call) => this.lift(input, call),
        check: async (_: Give, { key }) => {
          const did = this.acts.some((act) => act.key === key)
          return did ? { did: 'happen', result: null } : { did: 'not_happen' }
        },
      },
    }
  }
}

const onDeck = ({ escalation, happened }: Asked<Yard>): PersonSays | null =>
  escalation.kind === 'doubt' ? { decision: happened ? 'happened' : 'not_happened', by: 'bosun' } : null

/** What each story lifts when nothing goes wrong; of a race one branch at least. */
const LIFTED: Readonly<Record<string, readonly string[]>> = {
  calls: ['c.1.below', 'c.1', 'c.2'],
  beside: ['c.1', 'c.2', 'c.3'],
  maps: ROWS,
  stages: ['i', 'ii', 'iii'],
  'over-stages': ['i', 'ii', 'iii'],
}

/** No crate twice; all of them where every run completed, as on a calm night the first does; and nobody goes on below a run that has ended. */
function notAsTold({ acts, facts, runs, story, calm }: After<Yard>): string[] {
  const lifted = acts.map(({ input }) => (input as unknown as Give).crate)
  const twice = lifted.filter((name, i) => lifted.indexOf(name) !== i)
  const missing = facts.every(({ run }) => run.outcome === 'completed')
    ? (LIFTED[story.name] ?? []).filter((name) => !lifted.includes(name))
    : []
  const orphans = facts.flatMap(({ run, entries }) => {
    const over = facts.find((one) => one.run.runId === run.parent?.runId)?.run.endedAt ?? Number.POSITIVE_INFINITY
    return entries.filter(({ kind, at }) => kind === 'begin' && at > over).map(({ seq }) => `${run.agent} ${seq}`)
  })
  const first = runs.find(({ agent }) => agent === story.name)
  return [
    ...(calm && first?.status !== 'completed' ? [`On a calm night ${story.name} ended ${first?.status}.`] : []),
    ...twice.map((name) => `${name} was lifted twice.`),
    ...missing.map((name) => `All completed, and ${name} was not lifted.`),
    ...orphans.map((what) => `After its parent had ended there began ${what}.`),
  ]
}

const roots = [calls, beside, maps, races, stages, overStages] as const

/** Runs that call runs, in each of the ways there are: what crashes, lost answers and kills above and below are put through. */
export const family: Scenario = scenario<Yard>({
  name: 'family',
  run: [...roots, mate, hauler],
  stories: roots.map(({ name }) => ({
    name,
    messages: [{ key: 'm', agent: name, input: { crate: name.endsWith('stages') ? 'i' : 'c' } }],
  })) as unknown as Parameters<typeof scenario>[0]['stories'],
  world: (stage) => new Yard(stage),
  tools: (yard) => yard.standIns(),
  acts: (yard) => yard.acts,
  people: onDeck,
  within: '6h',
  expect: { that: (after) => [...notAtRest(after), ...notAsTold(after)] },
})
export default family
