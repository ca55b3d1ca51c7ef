import { z } from 'zod'
import type { Entry } from '../../src/core/entries.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { SaidReply, ScriptedModel } from '../../src/testing/index.js'
import { scriptedModel } from '../../src/testing/index.js'
import { meter } from '../../src/tools/meter.js'
import { tool } from '../../src/tools/tool.js'

/** A proposal of a model, with its stated reason. */
export const says = (name: string, input: unknown, text = `I will ${name}.`): SaidReply => ({
  text,
  toolCalls: [{ name, input }],
})
export const done = says('complete', { resolution: 'done' })
export const message = { message: 'please' }

/** A model for one run at a time: its replies in order, counted by the conversation, not by the process. */
export const model = (replies: Parameters<typeof scriptedModel>[0]['replies'], name = 'scripted'): ScriptedModel =>
  scriptedModel({ replies, name })

/** What every agent of these tests has. */
export const desk = <M>(name: string, asked: M) =>
  ({
    name,
    version: 1,
    model: asked,
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    instructions: 'Resolve it.',
  }) as const

export const spentUsd = meter('spent_usd', 'usd')

/** Spends money, and remembers what it did. */
export function spender(name = 'spend') {
  const acts: string[] = []
  const spend = tool({
    name,
    description: 'Spend dollars on an order.',
    input: z.object({ id: z.string(), amount: z.number() }),
    effect: 'keyed',
    keyRemembered: '1h',
    timeout: '2s',
    key: ({ id }, { origin }) => `${origin}:${id}`,
    meters: { [spentUsd.name]: ({ amount }) => amount },
    execute: async ({ id }, call) => {
      acts.push(call.key)
      return { id }
    },
  })
  return { spend, acts }
}

export const find = tool({
  name: 'find_order',
  description: 'Find an order.',
  input: z.object({ id: z.string() }),
  effect: 'read',
  timeout: '2s',
  execute: async ({ id }) => ({ id, total: 12 }),
})

/** What the model was told last: results of tools, and what was said to it, newest last. */
export function told(asked: ScriptedModel): string[] {
  const messages = asked.requests.at(-1)?.messages ?? []
  const from = messages.findLastIndex((m) => m.role === 'assistant')
  return messages
    .slice(from + 1)
    .map((m) => (m.role === 'tool' ? textOf(m.output) : m.role === 'assistant' ? '' : textOf(m.text)))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Entries of one kind, in order. */
export async function entriesOf(ledger: Ledger, runId: string, kind: Entry['kind']): Promise<Entry[]> {
  return (await ledger.journal({ runId })).filter((entry) => entry.kind === kind)
}
