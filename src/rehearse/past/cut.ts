import type { Entry } from '../../core/entries.js'
import { MidwatchError } from '../../core/errors.js'
import { type NoteBody, readBody } from '../../orchestrator/bodies.js'
import { Journal } from '../../orchestrator/journal.js'
import type { Recording } from './recording.js'
import { type Step, stepsOf } from './steps.js'

/** A recorded run, cut before one of its steps. */
export interface Cut {
  readonly recording: Recording
  readonly steps: readonly Step[]
  /** The step from which on things may go otherwise, and its number from 1. */
  readonly from: Step
  readonly nth: number
  /** What is given, in order: begins with their settlement, and notes, of steps that were over. */
  readonly given: readonly Entry[]
}

/**
 * Cuts before a step: its number (from 1) or its identity, as `issue_refund#2`. Steps that were under way in other branches
 * are begun anew. Throws `invalid_input` where there is no such step, or where bodies were erased.
 */
export function cutBefore(recording: Recording, from: string | number): Cut {
  const { entries, run } = recording
  if (entries.some((e) => e.body === null && (e.kind === 'admit' || e.kind === 'begin' || e.kind === 'settle'))) {
    throw new MidwatchError(
      'invalid_input',
      `The bodies of run ${run.runId} were erased: there is nothing to go on from.`,
    )
  }
  const steps = stepsOf(entries)
  const at = typeof from === 'number' || /^\d+$/.test(from) ? Number(from) - 1 : steps.findIndex((s) => s.id === from)
  const step = steps[at]
  if (!step) {
    const known = steps.map((s, n) => `${n + 1} ${s.id}`).join(', ')
    throw new MidwatchError('invalid_input', `Run ${run.runId} has no step '${from}'; it has ${known || 'none'}.`)
  }
  return { recording, steps, from: step, nth: at + 1, given: givenBefore(entries, step.seq) }
}

function givenBefore(entries: readonly Entry[], seq: number): Entry[] {
  const before = entries.filter((e) => e.seq < seq)
  const journal = new Journal()
  for (const entry of before) journal.fold(entry)
  const open = new Set(journal.open().map((i) => i.seq))
  const superseded = new Set(before.map((e) => e.facts.supersedes).filter((one) => one !== undefined))
  const isOver = (step: string | undefined) => step !== undefined && journal.step(step).final !== null
  const kept = new Set(
    before
      .filter((e) => e.kind === 'begin' && isOver(e.facts.step) && !open.has(e.seq) && !superseded.has(e.seq))
      .map((e) => e.seq),
  )
  return before.filter((e) => {
    if (e.kind === 'begin') return kept.has(e.seq)
    if (e.kind === 'settle') return e.ref !== null && kept.has(e.ref)
    return e.kind === 'note' && (isOver(readBody<NoteBody>(e.body).step) || isUnwinding(e))
  })
}

/** From here on the run was wound down: its flow was asked nothing more. */
function isUnwinding({ body }: Entry): boolean {
  const { about, detail } = readBody<NoteBody>(body)
  return about === 'winding_down' && (detail as { readonly unwinds?: string } | undefined)?.unwinds !== undefined
}
