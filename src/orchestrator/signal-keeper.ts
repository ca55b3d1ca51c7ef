import type { JsonValue } from '../core/json.js'
import type { Outcome } from '../core/states.js'
import type { SignalPolicies } from '../govern/signals/policy.js'
import { callOf, factOf, type Hit } from '../govern/signals/signal.js'
import { SignalWatch } from '../govern/signals/watch.js'
import type { ToolSpec } from '../tools/tool.js'
import type { Branch } from './branch.js'
import { askPerson } from './escalated.js'
import type { StepRecord } from './journal.js'
import type { ModelSaid } from './model-step.js'
import { digestOf } from './proposal.js'
import { completed, type StepResult } from './result.js'

/**
 * The signals of one run of an agent: each hit is written down with its evidence, once, and met by its policy. All is made of
 * what the journal holds, so a replay sees the same hits in the same places.
 */
export class SignalKeeper {
  readonly #watch: SignalWatch
  /** Calls that are refused until something new is learnt, by what they are refused for. */
  readonly #refused = new Map<string, Hit>()
  readonly #known = new Set<string>()
  #told: string[] = []

  constructor(
    private readonly branch: Branch,
    private readonly policies: SignalPolicies,
    tools: ReadonlyMap<string, ToolSpec>,
  ) {
    this.#watch = new SignalWatch(writesOf(tools))
  }

  /** Why this very call may not be made now. */
  refusal(tool: string, args: string): string | null {
    const hit = this.#refused.get(callOf({ tool, args }))
    return hit ? sayOf(hit) : null
  }

  /** What the model must be told since it was asked last. */
  told(): readonly string[] {
    const told = this.#told
    this.#told = []
    return told
  }

  async replied(step: string, { text, toolCalls, inputTokens }: ModelSaid): Promise<void> {
    const calls = toolCalls.length
    const reply = { kind: 'reply', step, text, calls, contextTokens: inputTokens } as const
    this.#told.push(...(await this.#meet(this.#watch.see(reply), [])))
  }

  async called(step: string, spec: ToolSpec, args: string, result: StepResult): Promise<void> {
    // What was refused was no call: strikes count those.
    if (result.status === 'refused') return
    const ok = result.status === 'completed'
    const told = ok ? result.output : [result.status, 'code' in result ? result.code : '']
    const attempts = Math.max(1, this.branch.run.journal.steps.get(step)?.intents.length ?? 1)
    const call = { kind: 'call', step, tool: spec.name, args, ok, attempts } as const
    const write = spec.effect !== 'read'
    const seen = { ...call, write, result: digestOf((told ?? null) as JsonValue) }
    if (!this.#known.has(factOf(seen))) this.#refused.clear()
    this.#known.add(factOf(seen))
    this.#told.push(...(await this.#meet(this.#watch.see(seen), [callOf(seen)])))
  }

  /** A proposal was found to be so sure. */
  async estimated(step: string, confidence: number): Promise<void> {
    this.#told.push(...(await this.#meet(this.#watch.see({ kind: 'estimate', step, confidence }), [])))
  }

  /** Words that would leave the run: not accepted where they claim what no entry confirms, and the policy says so. */
  async declared(text: string): Promise<string | null> {
    const [why] = await this.#meet(this.#watch.see({ kind: 'outcome', step: this.branch.peek('signal'), text }), [])
    return why ?? null
  }

  /** Answers with what the model must hear of those that are refused. */
  async #meet(hits: readonly Hit[], calls: readonly string[]): Promise<string[]> {
    const told: string[] = []
    for (const hit of hits) {
      const policy = this.policies[hit.signal] ?? 'note'
      const chain = typeof policy !== 'string' && policy.verdict === 'escalate' ? policy.chain : null
      const detail = { ...hit, policy: chain === null ? (policy as string) : 'escalate' } as unknown as JsonValue
      const result = await this.branch.step('signal', digestOf(detail), (record) =>
        this.#note(record, detail, chain, hit),
      )
      if (result.status !== 'completed') return this.branch.run.finish(result as Outcome<JsonValue>)
      // What was written down says what is done: where nobody keeps a journal, nothing is.
      if (result.output !== 'refuse') continue
      for (const call of calls) this.#refused.set(call, hit)
      told.push(sayOf(hit))
    }
    return told
  }

  async #note(record: StepRecord, detail: JsonValue, chain: Chain, hit: Hit): Promise<StepResult> {
    const { run } = this.branch
    const policy = (detail as { readonly policy: string }).policy
    const final = chain === null ? endedBy(hit, policy) : await this.#asked(record, detail, chain, hit)
    const strike = policy === 'refuse' ? { count: { strikes: 1 } } : {}
    await run.book.note({ about: 'signal', step: record.id, args: digestOf(detail), final, detail }, strike)
    return final
  }

  async #asked(record: StepRecord, show: JsonValue, chain: NonNullable<Chain>, hit: Hit): Promise<StepResult> {
    const { run } = this.branch
    const asked = {
      kind: 'approval',
      tool: null,
      args: digestOf(show),
      show,
      chain,
      notBefore: null,
      round: 0,
    } as const
    const answer = await askPerson(run, record, asked)
    if (answer.decision === 'approve') return completed(null)
    const say =
      answer.decision === 'nobody' ? `${hit.say} Nobody answered in time.` : `${hit.say} ${answer.by} said no.`
    const handsOver = answer.decision === 'nobody' && chain.at(-1)?.otherwise === 'hand_over'
    return handsOver ? { status: 'handed_over', to: answer.by, note: say } : refusedFor(hit, say)
  }
}

const writes = new WeakMap<ReadonlyMap<string, ToolSpec>, readonly string[]>()

/** Names of the tools that change something: one list for all runs of an agent. */
function writesOf(tools: ReadonlyMap<string, ToolSpec>): readonly string[] {
  const known =
    writes.get(tools) ?? [...tools.values()].filter(({ effect }) => effect !== 'read').map(({ name }) => name)
  writes.set(tools, known)
  return known
}

type Chain = Parameters<typeof askPerson>[2]['chain'] | null

const sayOf = (hit: Hit): string => `Refused (policy, ${ruleOf(hit)}): ${hit.say} Do something else, or end.`
const ruleOf = ({ signal }: Hit) => `signals.${signal}` as const

const endedBy = (hit: Hit, policy: string): StepResult =>
  policy === 'end' ? refusedFor(hit, hit.say) : completed(policy)

function refusedFor(hit: Hit, say: string): StepResult {
  return { status: 'refused', reason: 'policy', rule: ruleOf(hit), say }
}
