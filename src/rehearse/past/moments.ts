import type { Entry } from '../../core/entries.js'
import type { JsonValue } from '../../core/json.js'
import { readArguments } from '../../models/arguments.js'
import { type BeginBody, type NoteBody, readBody, type SettleBody } from '../../orchestrator/bodies.js'
import { Journal } from '../../orchestrator/journal.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import { digestOf } from '../../orchestrator/proposal.js'
import type { Recording } from './recording.js'

/**
 * proposal: a tool call when it was first judged · attempt: a later begin of it, or one that found no room · model: a model
 * call · unusable: a proposal that was no call of anything, or no proposal at all.
 */
export type MomentSort = 'proposal' | 'attempt' | 'model' | 'unusable'

/** A moment of a recorded run at which something was judged. */
export interface Moment {
  readonly sort: MomentSort
  readonly step: string
  /** null: a model, or nothing that has a name. */
  readonly tool: string | null
  /** What was proposed; undefined where the journal does not hold it, or no longer. */
  readonly input: JsonValue | undefined
  /** True where there was a body, and it was erased. */
  readonly erased: boolean
  readonly entry: Entry
  readonly body: Partial<BeginBody & NoteBody>
  /** As it was before the entry; folded further when the next moment is asked for. */
  readonly journal: Journal
}

/** Notes that a step may begin with, of those that came of judging a proposal. */
const JUDGED: ReadonlySet<string> = new Set(['refused', 'escalated', 'breach', 'repeated', 'busy', 'failed'])

/** Walks a recorded run from moment to moment. */
export function* momentsOf({ entries }: Pick<Recording, 'entries'>): Generator<Moment> {
  const journal = new Journal()
  const said = new Said()
  for (const entry of entries) {
    const moment = momentAt(entry, journal, said)
    if (moment !== null) yield moment
    said.hear(entry, journal)
    journal.fold(entry)
  }
}

function momentAt(entry: Entry, journal: Journal, said: Said): Moment | null {
  if (entry.kind === 'begin') return beginMoment(entry, journal)
  if (entry.kind !== 'note') return null
  const body = readBody<NoteBody>(entry.body)
  const { about, step } = body
  if (about === undefined || step === undefined || !JUDGED.has(about)) return null
  const known = journal.steps.get(step)
  const isFirst = known === undefined || (known.intents.length === 0 && known.notes.length === 0)
  const base = { step, erased: false, entry, body, journal }
  if (isStrike(body)) return { ...base, sort: 'unusable', ...unusableCall(body.detail) }
  if (about === 'failed' && !isFirst) return null
  if (!isFirst && about !== 'breach') return null
  const tool = toolOf(step)
  // A model's step says nothing before its first begin, but that there is no room for it.
  const proposal = proposalIn(body, tool, said)
  if (proposal === null) return { ...base, sort: 'model', tool: null, input: undefined }
  return { ...base, sort: isFirst ? 'proposal' : 'attempt', tool, input: proposal.input }
}

function beginMoment(entry: Entry, journal: Journal): Moment | null {
  const body = readBody<BeginBody>(entry.body)
  const step = entry.facts.step ?? ''
  const tool = entry.facts.tool ?? null
  if (body.sort === 'read') return null
  const known = journal.steps.get(step)
  const isFirst = known === undefined || (known.intents.length === 0 && known.notes.length === 0)
  const sort = tool === null ? 'model' : isFirst ? 'proposal' : 'attempt'
  return { sort, step, tool, input: body.input, erased: entry.body === null, entry, body, journal }
}

const isStrike = ({ final }: Partial<NoteBody>): boolean => final?.status === 'refused' && final.rule === 'strike'

/** `issue_refund` of `all#1.0/issue_refund#2`. */
export function toolOf(step: string): string {
  return step.slice(step.lastIndexOf('/') + 1).replace(/#\d+$/, '')
}

interface Shown {
  readonly tool?: string | null
  readonly input?: JsonValue
  readonly show?: Shown
}

function unusableCall(detail: JsonValue | undefined): Pick<Moment, 'tool' | 'input'> {
  const { tool = null, input } = shownIn(detail)
  const read = typeof input === 'string' && input !== '' ? readArguments(input) : { ok: false as const }
  return { tool, input: read.ok ? (read.args as JsonValue) : undefined }
}

/** null: this is about no tool's call. Arguments stand in the note, or in what the model said last. */
function proposalIn(body: Partial<NoteBody>, tool: string, said: Said): Pick<Moment, 'input'> | null {
  const shown = shownIn(body.detail)
  const input = shown.input ?? shown.show?.input
  if (input !== undefined) return { input }
  const called = said.calls.find((one) => one.name === tool && one.args === body.args)
  if (called) return { input: called.input }
  return said.names.has(tool) || shown.tool ? { input: undefined } : null
}

const shownIn = (detail: JsonValue | undefined): Shown =>
  typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? (detail as Shown) : {}

/** What models have said so far: calls of the last answer, and every name that was ever called. */
class Said {
  calls: { readonly name: string; readonly args: string; readonly input: JsonValue }[] = []
  readonly names = new Set<string>()

  hear(entry: Entry, journal: Journal): void {
    // What was asked beside the conversation proposed nothing.
    if (entry.kind !== 'settle' || journal.intent(entry.ref ?? 0)?.body.aside) return
    const { final } = readBody<SettleBody>(entry.body)
    const output = final?.status === 'completed' ? (final.output as Partial<ModelSaid> | null) : null
    if (!Array.isArray(output?.toolCalls)) return
    this.calls = output.toolCalls.flatMap(({ name, inputText }) => {
      this.names.add(name)
      const read = readArguments(inputText)
      return read.ok ? [{ name, args: digestOf(read.args), input: read.args as JsonValue }] : []
    })
  }
}
