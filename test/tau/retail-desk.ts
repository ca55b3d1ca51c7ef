import { z } from 'zod'
import type { Duration } from '../../src/core/time.js'
import type { Facts } from '../../src/govern/facts.js'
import type { Verdict } from '../../src/govern/verdict.js'
import { agent } from '../../src/orchestrator/agent.js'
import { scriptedModel } from '../../src/testing/scripted-model.js'
import { fault } from '../../src/tools/fault.js'
import { type AnyTool, type Found, tool } from '../../src/tools/tool.js'
import type { Counter } from './counter.js'
import { ExecutionJournal } from './execution-journal.js'
import type { Task, ToolSpec } from './outside-data.js'
import { type Shop, ShopRefusal } from './shop.js'

type Args = Readonly<Record<string, unknown>>
type Rule = (args: unknown, run: Facts) => Verdict
type Attempt = { readonly runId: string; readonly key: string; readonly attempt: number }
/** What the network does to one call of a write: nothing, loses the answer of a write that took place, or the call itself. */
export type Weather = 'fine' | 'answer_lost' | 'call_lost'
/** A tool's own code. */
export interface Work {
  execute(args: unknown, call: Attempt): Promise<unknown>
  check?(args: unknown, call: Attempt): Promise<Found<unknown>>
}
/** These two keep a result under its key and give it again, as a service with idempotency keys does. */
const KEYED = new Set(['modify_pending_order_address', 'modify_user_address'])

/** The shop's sixteen tools as Midwatch tools, each run in a shop of its own, with a journal kept by the tools. */
export class RetailDesk {
  readonly witness = new ExecutionJournal()
  private readonly shops = new Map<string, Shop>()
  private writes = 0

  constructor(
    private readonly base: Shop,
    private readonly counter: Counter,
    private readonly specs: readonly ToolSpec[],
    /** By the number of the write, from 1 over all runs; a second attempt finds it fine. */
    private readonly weather: (write: number) => Weather = () => 'fine',
    private readonly timeout: Duration = '10s',
  ) {}

  shopOf(runId: string): Shop {
    const shop = this.shops.get(runId) ?? this.base.fresh()
    this.shops.set(runId, shop)
    return shop
  }

  /** The agent whose model proposes each task's gold actions, one a turn, and then completes. `rules` by write tool. */
  agentFor(tasks: readonly Task[], rules: Readonly<Record<string, Rule>> = {}) {
    const byId = new Map(tasks.map((task) => [task.id, task]))
    const model = scriptedModel({
      replies: ({ messages }) => {
        const asked = messages.find(({ role }) => role === 'user')
        const { task = '' } = JSON.parse(asked && 'text' in asked ? asked.text : '{}') as { task?: string }
        const turn = messages.filter(({ role }) => role === 'assistant').length
        const action = byId.get(task)?.gold_actions[turn]
        const call = action ? { name: action.tool, input: action.args } : { name: 'complete', input: { turns: turn } }
        return { text: `step ${turn + 1} of ${task}`, toolCalls: [call] }
      },
    })
    return agent({
      name: 'retail-desk',
      version: 1,
      model: { model, maxOutputTokens: 500 },
      input: z.object({ task: z.string() }),
      outcome: z.object({ turns: z.number() }),
      instructions: 'Work the task.',
      tools: this.specs.map((spec) => this.toolOf(spec)),
      rules: rules as object,
      ceilings: { run: { usd: '$5', context_tokens: 500_000 } },
    })
  }

  private toolOf(spec: ToolSpec): AnyTool {
    const { name, description } = spec
    const input = z.fromJSONSchema(spec.parameters as unknown as Parameters<typeof z.fromJSONSchema>[0])
    const { execute, check } = this.workOf(spec)
    const shape = { name, description, input, timeout: this.timeout, execute }
    if (spec.kind !== 'write') return tool({ ...shape, effect: 'read' })
    const write = { ...shape, locks: (args: unknown) => lockOf(args as Args) }
    if (!check) return tool({ ...write, effect: 'keyed', keyRemembered: '1d' })
    return tool({ ...write, effect: 'checked', check })
  }

  /** What a tool does in this desk's shops; a write that is not keyed can be looked up afterwards. */
  workOf({ name, kind }: ToolSpec): Work {
    if (kind !== 'write') return { execute: async (args, call) => this.read(name, args as Args, call) }
    const execute = async (args: unknown, call: Attempt) => this.send(name, args as Args, call)
    if (KEYED.has(name)) return { execute }
    return {
      execute,
      check: async (_args, { runId, key }) => {
        const done = this.witness.under(runId, key)
        return done ? { did: 'happen', result: done.result } : { did: 'not_happen' }
      },
    }
  }

  private async read(name: string, args: Args, { runId }: Attempt): Promise<unknown> {
    return refusing(() => this.counter.call(this.shopOf(runId), name, args))
  }

  /** A write over the network: what is lost on the way throws something that tells nothing. */
  private async send(name: string, args: Args, call: Attempt): Promise<unknown> {
    const weather = call.attempt === 1 ? this.weather(++this.writes) : 'fine'
    if (weather === 'call_lost') throw new Error('connection refused')
    const result = this.write(name, args, call)
    if (weather === 'answer_lost') throw new Error('connection reset')
    return result
  }

  private write(name: string, args: Args, { runId, key }: Attempt): unknown {
    const known = KEYED.has(name) ? this.witness.under(runId, key) : undefined
    if (known) return known.result
    const noted = { runId, key, tool: name, args }
    try {
      const result = this.counter.call(this.shopOf(runId), name, args)
      this.witness.append({ ...noted, refused: null, result })
      return result
    } catch (error) {
      if (error instanceof ShopRefusal) this.witness.append({ ...noted, refused: error.message, result: null })
      return refusing(() => {
        throw error
      })
    }
  }
}

/** The shop's "no" is for good: it did not act and never will. */
function refusing<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw error instanceof ShopRefusal ? fault.permanent(error.message) : error
  }
}

function lockOf(args: Args): string {
  return typeof args.order_id === 'string' ? `order:${args.order_id}` : `user:${args.user_id}`
}
