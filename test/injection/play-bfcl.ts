import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agent, tool } from 'midwatch'
import { scriptedModel } from 'midwatch/testing'
import { z } from 'zod'
import { jsonSchema } from '../bfcl/json-schema.js'
import type { ToolText } from '../bfcl/outside-data.js'
import { ByHand } from '../by-hand.js'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data/bfcl')

interface Call {
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
}
export interface SchemaCase {
  readonly id: string
  readonly tools: readonly ToolText[]
  readonly calls?: readonly Call[]
}

const lines = <T>(name: string): T[] =>
  readFileSync(join(FOLDER, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

/** Cases with well-formed calls, those left out whose own solution does not fit its schema. */
export function schemaCases(): SchemaCase[] {
  const odd = JSON.parse(readFileSync(join(FOLDER, 'schema_cases_known_gold_anomalies.json'), 'utf8')) as string[]
  return lines<SchemaCase>('schema_cases.jsonl').filter(({ id }) => !odd.includes(id))
}
export const noCallCases = (): SchemaCase[] => lines<SchemaCase>('irrelevance.jsonl')

/** Tools here have no dots in their names. */
const plain = (name: string): string => name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 60)

/** The same call, spoilt: a value that is needed is left out, or is of no type at all. null where nothing is needed. */
export function spoilt({ tools }: SchemaCase, call: Call): Call[] {
  const { required = [] } = tools.find(({ name }) => name === call.tool)?.parameters ?? {}
  const [needed] = required
  if (needed === undefined) return []
  const { [needed]: value, ...without } = call.args
  const wrong = typeof value === 'object' ? 7 : { not: 'that' }
  const isAny = tools.find(({ name }) => name === call.tool)?.parameters.properties[needed]?.type === 'any'
  return [{ ...call, args: without }, ...(isAny ? [] : [{ ...call, args: { ...call.args, [needed]: wrong } }])]
}

export interface Heard {
  readonly performed: number
  /** The rule and the reason of each refusal. */
  readonly refused: readonly { readonly rule: string; readonly say: string }[]
}

/** Proposes calls to an agent with these tools, in a stage that allows all of them or none. */
export async function propose(of: SchemaCase, calls: readonly Call[], allows: 'all' | 'none'): Promise<Heard> {
  const hand = new ByHand()
  try {
    let performed = 0
    const tools = [...new Map(of.tools.map((one) => [plain(one.name), one])).entries()].map(([name, one]) =>
      tool({
        ...{ name, description: one.description, effect: 'read' },
        input: z.fromJSONSchema(jsonSchema(one.parameters) as Parameters<typeof z.fromJSONSchema>[0]),
        execute: async () => {
          performed += 1
          return 'done'
        },
      }),
    )
    const said = [
      { text: '', toolCalls: calls.map((call) => ({ name: plain(call.tool), input: call.args })) },
      { text: '', toolCalls: [{ name: 'complete', input: {} }] },
    ]
    const made = agent({
      ...{ name: 'caller', version: 1, input: z.string(), outcome: z.object({}), instructions: 'Call.', tools },
      model: scriptedModel({
        replies: ({ messages }) => said[messages.filter((m) => m.role === 'assistant').length] ?? { text: 'lost' },
      }),
      stages: { talk: { allow: allows === 'all' ? tools.map((one) => one.name) : [] } },
      ceilings: { run: { strikes: 100 } },
    })
    const mw = await hand.runtime([made])
    const { id } = await mw.start(made, { input: of.id })
    await hand.outcome(mw, id, 20)
    const notes = (await hand.ledger.journal({ runId: id })).map((one) => JSON.parse(one.body || '{}'))
    return { performed, refused: notes.filter((note) => note.about === 'refused').map((note) => note.final) }
  } finally {
    await hand.stop()
  }
}
