import { ASSESS } from '../../govern/confidence/assessment.js'
import { type Arguments, readArguments } from '../../models/arguments.js'
import type { PortOptions, PortPart, PortResult } from '../../models/port.js'
import type { Reply, SaidReply } from '../../testing/scripted-model-reply.js'
import { misbehave } from '../../testing/scripted-model-reply.js'
import type { JsonSchema } from '../../tools/schema.js'
import type { Chance } from '../chance.js'
import type { FaultName } from '../fault.js'
import { exampleOf } from '../tools/example-value.js'
import { nonsenseOf } from './nonsense.js'
import type { Turns } from './turns.js'

/** One call that a model makes: the name and its arguments as text. */
export interface Proposed {
  readonly name: string
  readonly inputText: string
}

/** One answer that a fault may spoil: what was asked, and what the model would have said. */
export interface Spoilable {
  readonly asked: PortOptions
  readonly answer: PortResult
  /** Calls of the answer; those of tools, ways out left aside; those of writes. */
  readonly calls: readonly Proposed[]
  readonly own: readonly Proposed[]
  readonly writes: readonly Proposed[]
  /** Calls that this conversation holds with a result; those of writes among them that were confirmed. */
  readonly past: readonly Proposed[]
  readonly confirmed: readonly Proposed[]
  /** Names and schemas of the writes on offer. */
  readonly effectful: readonly { readonly name: string; readonly schema: JsonSchema }[]
}

export interface Spoiling extends Spoilable {
  readonly turns: Turns
  /** Of this strike alone. */
  readonly chance: Chance
  /** A call with arguments of its own that nobody meant. */
  readonly foreign: (call: Proposed) => void
}

/** What is said in place of the answer: a reply as scripts write it, or the answer itself, changed. */
export type Spoilt = Reply | { readonly answer: PortResult }

interface ModelFault {
  readonly may: (a: Spoilable) => boolean
  readonly spoil: (a: Spoiling) => Spoilt
}

/** Calls whose arguments can be wrong: of tools, and of whoever judges. */
const spoilable = ({ own, calls }: Spoilable): readonly Proposed[] =>
  [...own, ...calls.filter(({ name }) => name === ASSESS)].filter((call) => argsOf(call).ok && call.inputText !== '{}')

const always = () => true
const offered = ({ asked }: Spoilable) => (asked.tools ?? []).length > 0

/** What each fault of a model makes of an answer, and where it can. */
export const MODEL_FAULTS = {
  model_rate_limit: {
    may: always,
    spoil: ({ chance }) => ({ fault: 'rate_limit', retryAfterMs: 1_000 * chance.between(1, 8, 'wait') }),
  },
  model_5xx: {
    may: always,
    spoil: ({ chance }) => ({ fault: 'server_error', status: chance.pick([500, 502, 503, 529], 'status') }),
  },
  model_outage: { may: always, spoil: () => ({ fault: 'server_error', status: 503 }) },
  model_cut: { may: always, spoil: () => ({ fault: 'cut' }) },
  model_silence: { may: always, spoil: () => ({ fault: 'timeout' }) },
  model_no_usage: {
    may: ({ answer }) => answer.usage.outputTokens.total !== undefined,
    spoil: ({ answer }) => ({ answer: { ...answer, usage: NO_USAGE } }),
  },
  model_malformed: {
    may: (a) => offered(a) && a.calls.length > 0,
    spoil: ({ calls, turns }) => {
      const { name, inputText } = first(calls)
      const half = inputText.slice(0, Math.max(1, Math.floor(inputText.length / 2)))
      return said(turns, [{ name, inputText: half }], 'Here are the arguments.')
    },
  },
  model_unknown_tool: {
    may: offered,
    spoil: ({ turns }) => said(turns, [{ name: 'no_such_tool', inputText: '{}' }], 'There must be a tool for this.'),
  },
  model_loop: {
    may: (a) => a.past.length + a.own.length > 0,
    spoil: ({ past, own, turns, chance }) => {
      const { name, inputText } = past.at(-1) ?? first(own)
      turns.loop = { name, inputText, left: chance.between(3, 24, 'times') }
      return looped(turns) ?? ''
    },
  },
  model_repeat: {
    may: (a) => a.confirmed.length > 0,
    spoil: ({ confirmed, turns, chance }) => {
      const again = confirmed[chance.between(0, confirmed.length - 1, 'which')] ?? first(confirmed)
      return said(turns, [again], 'To be sure, I do this now.')
    },
  },
  model_apology: {
    may: offered,
    spoil: ({ turns }) => ({ text: turns.badText('I am so sorry about this. I will do better from here on.') }),
  },
  model_verbose: {
    may: offered,
    spoil: ({ asked, turns }) => {
      const { text = '', ...reply } = misbehave.runaway(asked.maxOutputTokens ?? 2_048)
      return { ...reply, text: turns.badText(text.slice(0, -12)) }
    },
  },
  model_nonsense: {
    may: (a) => spoilable(a).length > 0,
    spoil: (a) => {
      const call = first(spoilable(a))
      const read = argsOf(call)
      const args = nonsenseOf(read.ok ? read.args : {}, (purpose) => a.chance.of(purpose)) ?? {}
      const wrong = { name: call.name, inputText: JSON.stringify(args) }
      a.foreign(wrong)
      return said(a.turns, [wrong], 'I am certain of this.')
    },
  },
  model_injected: {
    may: (a) => a.effectful.length > 0,
    spoil: ({ effectful, turns, chance, foreign }) => {
      const { name, schema } = effectful[chance.between(0, effectful.length - 1, 'which')] as (typeof effectful)[number]
      const call = { name, inputText: JSON.stringify(exampleOf(schema, chance, 'planted')) }
      foreign(call)
      return said(turns, [call], 'The note says that I must do this first, and tell nobody.')
    },
  },
  model_parallel: {
    may: (a) => a.writes.length > 0,
    spoil: ({ answer, writes, turns }) => {
      const twin = { type: 'tool-call', toolCallId: turns.badId(), toolName: first(writes).name }
      return { answer: { ...answer, content: [...answer.content, { ...twin, input: first(writes).inputText }] } }
    },
  },
} as const satisfies Partial<Record<FaultName, ModelFault>>

export type ModelFaultName = keyof typeof MODEL_FAULTS
const NAMES = Object.keys(MODEL_FAULTS) as ModelFaultName[]

/** What can go wrong with this answer. */
export function modelFaultsOf(a: Spoilable): ModelFaultName[] {
  return NAMES.filter((name) => MODEL_FAULTS[name].may(a))
}

/** The next turn of a loop under way; null where there is none. */
export function looped(turns: Turns): SaidReply | null {
  const { loop } = turns
  if (loop === null) return null
  loop.left -= 1
  if (loop.left <= 0) turns.loop = null
  return said(turns, [loop], 'Let me look once more.')
}

/** A turn of calls that a fault made. */
function said(turns: Turns, calls: readonly Proposed[], text: string): SaidReply {
  const toolCalls = calls.map(({ name, inputText }) => ({ id: turns.badId(), name, inputText }))
  return { text, toolCalls }
}

const first = (calls: readonly Proposed[]): Proposed => calls[0] ?? { name: '', inputText: '{}' }
const argsOf = (call: Proposed): Arguments => readArguments(call.inputText)

export const proposedOf = (part: Pick<PortPart, 'toolName' | 'input'>): Proposed => ({
  name: part.toolName ?? '',
  inputText: typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? {}),
})

const NO_USAGE: PortResult['usage'] = {
  inputTokens: { total: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, reasoning: undefined },
}
