import { type Reply, type ScriptedModel, type ScriptedRequest, scriptedModel } from 'midwatch/testing'
import type { Night } from '../night/night.js'
import type { Witness } from '../world/witness.js'
import { decide } from './decide.js'
import { lookBack } from './look-back.js'

/** Dollars per million tokens, about what a large model costs. */
const PRICE = { input: '$3', output: '$15' } as const
const BYTES_PER_TOKEN = 4
/** What the tools' schemas add to each prompt. */
const TOOLS_BYTES = 4_000

/** The night gives mood and pace; the witness is told of each answer. */
export interface BrainOptions {
  readonly night: Night
  /** Resolved at the first answer, so that defining an agent touches nothing. */
  readonly witness: () => Promise<Witness>
}

/** The scripted model of both desks: moods and pace by the night, each answer in the execution journal with its price. */
export function brainModel(options: BrainOptions): ScriptedModel {
  return scriptedModel({ name: 'scripted-desk', price: PRICE, replies: brainReplies(options) })
}

/** What it says, for whoever brings a model of their own. */
export function brainReplies({ night, witness }: BrainOptions): (request: ScriptedRequest) => Promise<Reply> {
  return async ({ messages }) => {
    const past = lookBack(messages)
    const orderId = past.reading.orderId ?? ''
    const { say, name, input, inputText } = decide(messages, night.mood(orderId), past)
    const call = inputText === undefined ? { name, input } : { name, inputText }
    const usage = {
      inputTokens: tokens(JSON.stringify(messages).length + TOOLS_BYTES),
      outputTokens: tokens(JSON.stringify(call).length + say.length),
      reasoningTokens: 0,
    }
    const { record } = await witness()
    const detail = `${usage.inputTokens} in, ${usage.outputTokens} out`
    await record({ deed: 'model_call', orderId, key: null, amount: microDollars(usage), detail })
    return { text: say, toolCalls: [call], usage, afterMs: night.modelMs(orderId, messages.length) }
  }
}

function tokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN)
}

function microDollars(usage: { inputTokens: number; outputTokens: number }): number {
  return usage.inputTokens * Number(PRICE.input.slice(1)) + usage.outputTokens * Number(PRICE.output.slice(1))
}
