import type { Entry } from '../core/entries.js'
import type { JsonValue } from '../core/json.js'
import { type BeginBody, type DoubtBody, type NoteBody, readBody, type SettleBody } from '../runtime/operator.js'
import { brief, cut, stamp } from './words.js'

type Tell = (entry: Entry) => string

const TELL: Readonly<Record<Entry['kind'], Tell>> = {
  admit: (entry) => brief(readBody<{ input: JsonValue }>(entry.body).input),
  claim: ({ facts }) =>
    `${facts.worker ?? ''}${(facts.claims ?? 1) > 1 ? `, time ${facts.claims} without progress` : ''}`,
  begin: (entry) => {
    const { name, input } = readBody<BeginBody>(entry.body)
    const attempt = (entry.facts.attempt ?? 1) > 1 ? `, attempt ${entry.facts.attempt}` : ''
    return `${name ?? entry.facts.step ?? ''}${input === undefined ? '' : ` ${brief(input, 120)}`}${attempt}`
  },
  doubt: (entry) => {
    const { why, message } = readBody<DoubtBody>(entry.body)
    return `of ${entry.ref}: the answer was lost (${[why, message].filter(Boolean).join(': ')})`
  },
  settle: (entry) => `of ${entry.ref}: ${settled(entry)}`,
  note: (entry) => noted(readBody<NoteBody>(entry.body)),
  park: (entry) => {
    const due = entry.facts.dueAt
    return `for ${readBody<{ waits: string }>(entry.body).waits ?? 'mail'}${due ? `, until ${stamp(due)}` : ''}`
  },
  end: (entry) => {
    const { outcome } = readBody<{ outcome: JsonValue }>(entry.body)
    return outcome === undefined ? (entry.facts.outcome ?? '') : outcomeText(outcome)
  },
  audit: () => 'open doubts were looked at again',
}

/** What an entry says, on one line. An erased body leaves what its header says. */
export function entryText(entry: Entry): string {
  return TELL[entry.kind](entry)
}

function settled(entry: Entry): string {
  const { final, fault, source } = readBody<SettleBody>(entry.body)
  const how = source === undefined ? '' : ` (by ${source})`
  if (fault && !final) return `${did(entry)}${how}: ${[fault.code, fault.message].filter(Boolean).join(', ')}`
  if (!final) return `${did(entry)}${how}`
  if (final.status !== 'completed') return `${did(entry)}${how}: ${outcomeText(final as unknown as JsonValue)}`
  return `${did(entry)}${how}: ${saidText(final.output as JsonValue)}`
}

const did = (entry: Entry): string => (entry.facts.did ?? '').replace('_', ' ')

/** A model's answer shows what it said and what it proposed; any other result is shown as it is. */
function saidText(output: JsonValue): string {
  const said = saidBy(output)
  if (!said) return brief(output)
  const calls = said.toolCalls.map((call) => `${call.name} ${cut(call.inputText, 80)}`)
  return [said.text === '' ? '' : `“${cut(said.text, 120)}”`, ...calls].filter(Boolean).join(' → ')
}

interface Said {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly inputText: string }[]
}

/** The answer of a model among results; null for any other. */
export function saidBy(output: JsonValue | undefined): Said | null {
  const value = (typeof output === 'object' && output !== null ? output : {}) as Partial<Said>
  return typeof value.text === 'string' && Array.isArray(value.toolCalls) ? (value as Said) : null
}

function noted({ about, step, detail, final }: Partial<NoteBody>): string {
  const what = [about, step].filter(Boolean).join(' ')
  if (final && final.status !== 'completed') return `${what}: ${outcomeText(final as unknown as JsonValue)}`
  return detail === undefined ? what : `${what}: ${brief(detail)}`
}

/** An outcome or a result with its own words, without their keys where there is one only. */
export function outcomeText(outcome: JsonValue): string {
  const { status, ...rest } = (typeof outcome === 'object' && outcome !== null ? outcome : {}) as Record<
    string,
    JsonValue
  >
  const texts = Object.entries(rest).map(([key, value]) => `${key} ${brief(value)}`)
  return [String(status ?? 'erased'), ...texts].join(', ')
}
