import type { Entry } from '../core/entries.js'
import { type BeginBody, type NoteBody, readBody, type SettleBody } from './bodies.js'
import type { StepResult } from './result.js'

/** A part of the AI SDK's UI message stream, protocol v1. */
export type UiPart = { readonly type: string } & Readonly<Record<string, unknown>>

/** Turns the entries of a journal, in their order, into parts of a UI message: one call and one result for each tool step. */
export class UiParts {
  /** Steps of tool attempts, and attempts of models, by the seq of their begin. */
  readonly #steps = new Map<number, string>()
  readonly #models = new Set<number>()
  readonly #shown = new Set<string>()

  of(entry: Entry): UiPart[] {
    if (entry.kind === 'begin') return this.#begun(entry)
    if (entry.kind === 'settle') return this.#settled(entry)
    if (entry.kind === 'note') return this.#noted(readBody<NoteBody>(entry.body))
    if (entry.kind !== 'end') return []
    return [{ type: 'data-outcome', data: readBody<{ outcome: unknown }>(entry.body).outcome }]
  }

  /** What a model said in a settled attempt; '' for any other entry. */
  said({ kind, ref, body }: Entry): string {
    if (kind !== 'settle' || ref === null || !this.#models.has(ref)) return ''
    const { final } = readBody<SettleBody>(body)
    const output = final?.status === 'completed' ? (final.output as { readonly text?: unknown } | null) : null
    return typeof output?.text === 'string' ? output.text : ''
  }

  #begun({ seq, facts, body }: Entry): UiPart[] {
    const { sort, name, input, aside } = readBody<BeginBody>(body)
    if (sort === 'model' && !aside) this.#models.add(seq)
    if (sort !== 'tool' || facts.step === undefined) return []
    this.#steps.set(seq, facts.step)
    return this.#call(facts.step, name, input)
  }

  #settled({ ref, body }: Entry): UiPart[] {
    const step = ref === null ? undefined : this.#steps.get(ref)
    const { final } = readBody<SettleBody>(body)
    return step === undefined || !final ? [] : [resultPart(step, final)]
  }

  /** A proposal that was refused never began: the note alone tells of it. */
  #noted({ step, final, detail }: Partial<NoteBody>): UiPart[] {
    if (step === undefined || !final) return []
    const { tool, input } = (detail ?? {}) as { readonly tool?: unknown; readonly input?: unknown }
    const call = typeof tool === 'string' ? this.#call(step, tool, input) : []
    return this.#shown.has(step) ? [...call, resultPart(step, final)] : []
  }

  #call(step: string, name: string | undefined, input: unknown): UiPart[] {
    if (this.#shown.has(step)) return []
    this.#shown.add(step)
    return [{ type: 'tool-input-available', toolCallId: step, toolName: name ?? step, input: input ?? null }]
  }
}

function resultPart(step: string, final: StepResult): UiPart {
  if (final.status === 'completed') {
    return { type: 'tool-output-available', toolCallId: step, output: final.output ?? null }
  }
  return { type: 'tool-output-error', toolCallId: step, errorText: whyNot(final) }
}

function whyNot(final: Exclude<StepResult, { status: 'completed' }>): string {
  switch (final.status) {
    case 'refused':
      return final.say
    case 'failed':
      return final.message ?? final.code
    case 'exhausted':
      return `No room on ${final.meter}: ${final.used} of ${final.limit} used.`
    case 'handed_over':
      return final.note ?? `Handed over to ${final.to}.`
  }
}
