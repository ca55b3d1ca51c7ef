import type { Entry } from '../../core/entries.js'
import type { JsonValue } from '../../core/json.js'
import type { Outcome } from '../../core/states.js'
import { type NoteBody, readBody } from '../../orchestrator/bodies.js'
import { outcomeFrom } from '../../orchestrator/ended-run.js'
import { Journal } from '../../orchestrator/journal.js'
import type { StepResult } from '../../orchestrator/result.js'
import { momentsOf } from './moments.js'

/** A step as a journal tells of it. */
export interface Step {
  readonly id: string
  /** Seq of its first entry. */
  readonly seq: number
  readonly sort: 'tool' | 'model' | 'read' | 'other'
  readonly input: JsonValue | null
  /** null: the journal holds no result of it. */
  readonly result: StepResult | null
  readonly attempts: number
}

/** The steps of a journal, in the order in which each was first heard of. */
export function stepsOf(entries: readonly Entry[]): Step[] {
  const inputs = new Map<string, JsonValue>()
  for (const { step, input } of momentsOf({ entries })) if (input !== undefined) inputs.set(step, input)
  const first = new Map<string, Entry>()
  const journal = new Journal()
  for (const entry of entries) {
    journal.fold(entry)
    const step = stepOf(entry)
    if (step !== undefined && !first.has(step)) first.set(step, entry)
  }
  return [...first].map(([id, entry]) => {
    const record = journal.step(id)
    const { sort: begun, aside } = record.intents[0]?.body ?? {}
    const sort = aside ? 'other' : (begun ?? (inputs.has(id) ? 'tool' : 'other'))
    const input = inputs.get(id) ?? null
    return { id, seq: entry.seq, sort, input, result: record.final, attempts: record.intents.length }
  })
}

/** The step that an entry is about, where it begins one. */
function stepOf(entry: Entry): string | undefined {
  if (entry.kind === 'begin') return entry.facts.step
  return entry.kind === 'note' ? readBody<NoteBody>(entry.body).step : undefined
}

/** How a run ended; null where it did not. */
export function outcomeIn(entries: readonly Entry[]): Outcome<JsonValue> | null {
  const end = entries.find((entry) => entry.kind === 'end')
  return outcomeFrom(end?.body ?? null)
}
