import type { JsonValue } from '../core/json.js'
import { check } from '../tools/schema.js'
import type { Activation } from './activation.js'
import type { Answered } from './escalated.js'
import type { StepRecord } from './journal.js'
import { digestOf, ownMeters, type Proposal } from './proposal.js'
import type { StepResult } from './result.js'

/** The rule of a refusal that only says: other arguments were given, and are proposed in place of these. */
const CHANGED = 'changed'

/** What a person wanted instead. */
export interface Change {
  /** The question in which it was said. */
  readonly id: string
  readonly by: string
  readonly input: JsonValue
}

/**
 * Somebody changed the arguments: this call is over, and what they gave is a proposal of its own, with its own digest and its
 * own judgement. Nothing is edited in silence: the note holds both digests.
 */
export async function changedCall(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  { id, by, result: input = null }: Answered,
): Promise<StepResult> {
  const say = `${by} changed the arguments: what they gave is proposed in place of these.`
  const result: StepResult = { status: 'refused', reason: 'policy', rule: CHANGED, say }
  const detail = { id, by, input, from: p.args, to: digestOf(input) }
  await run.book.note({ about: 'changed', step: record.id, args: p.args, final: result, detail })
  return result
}

/** What was wanted in place of a call that ended so; null for any other end. */
export function changeIn(record: StepRecord, result: StepResult): Change | null {
  if (result.status !== 'refused' || result.rule !== CHANGED) return null
  const note = record.notes.find(({ about }) => about === 'changed')
  return (note?.detail as unknown as Change | undefined) ?? null
}

type Wanted = Omit<Proposal, 'id'>

/** The proposal that a person made, or why it is none. */
export async function proposalOf(p: Wanted, change: Change): Promise<Wanted | StepResult> {
  const { id, by, input: wire } = change
  const parsed = await check(p.spec.input, wire)
  const wrong = parsed.ok ? wrongAmount(p, parsed.value) : parsed.issues
  if (!parsed.ok || wrong !== null) {
    const say = `${by} changed the arguments of ${p.spec.name}, but they are wrong: ${wrong} Nothing was done.`
    return { status: 'refused', reason: 'unsafe_arguments', rule: CHANGED, say }
  }
  const { outOfOrder: _, ...rest } = p
  const said = `${by} changed the arguments.`
  return { ...rest, wire, input: parsed.value, args: digestOf(wire), said, approved: id }
}

function wrongAmount(p: Wanted, input: unknown): string | null {
  try {
    ownMeters({ spec: p.spec, input })
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
