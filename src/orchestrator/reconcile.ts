import type { EffectRow } from '../core/effect-row.js'
import type { JsonValue } from '../core/json.js'
import { canonical } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { NewEscalation } from '../core/ops.js'
import { specNamed } from '../tools/undo.js'
import type { Activation } from './activation.js'
import { lookAgain, type Seen } from './doubt.js'
import { answerIn, escalationId } from './escalated.js'
import type { Intent } from './journal.js'

type Looked =
  | { readonly settled: true }
  | { readonly settled: false; readonly dueAt: number; readonly ask?: NewEscalation }

/** After a run's end only its open doubts are looked at again: a receipt, a check, or a person decides them. */
export async function reconcile(run: Activation): Promise<void> {
  const dues: number[] = []
  const asks: NewEscalation[] = []
  const seen: JsonValue[] = []
  for (const intent of run.journal.open()) {
    const looked = await lookAt(run, intent)
    seen.push({ ref: intent.seq, settled: looked.settled })
    if (looked.settled) continue
    dues.push(looked.dueAt)
    if (looked.ask) asks.push(looked.ask)
  }
  await run.audit(dues.length === 0 ? null : Math.min(...dues), seen, asks)
}

async function lookAt(run: Activation, intent: Intent): Promise<Looked> {
  const spec = specNamed(run.definition.tools, intent.body.name ?? '')
  const seen: Seen = await lookAgain(run, spec, intent)
  if (seen.known === 'gone') return { settled: true }
  const { row } = seen
  const later = { settled: false as const, dueAt: run.now() + LIMITS.backoff_cap_ms }
  if (seen.known === 'early') return { settled: false, dueAt: row.actsUntil }
  if (seen.known === 'decided') return (await settleSeen(run, intent, seen)) ? { settled: true } : later
  return askOrHear(run, intent, row)
}

async function askOrHear(run: Activation, intent: Intent, row: EffectRow): Promise<Looked> {
  const id = await questionId(run, intent)
  const answer = answerIn(run, id)
  const later = { settled: false as const, dueAt: run.now() + LIMITS.doubt_within_ms }
  if (answer?.decision === 'happened' || answer?.decision === 'not_happened') {
    const did = answer.decision === 'happened' ? ('performed' as const) : ('not_performed' as const)
    const seen = { known: 'decided' as const, did, output: answer.result ?? null, source: `person:${answer.by}`, row }
    return (await settleSeen(run, intent, seen)) ? { settled: true } : later
  }
  const tool = intent.body.name ?? null
  const show = canonical({ tool, input: intent.body.input ?? null, question: 'Did this happen? Its run has ended.' })
  const chain = [{ to: 'operator', withinMs: LIMITS.doubt_within_ms, otherwise: 'hand_over' as const }]
  const args = intent.effect?.args ?? ''
  return { ...later, ask: { id, kind: 'doubt', tool, args, show, chain, rung: 0, notBefore: row.actsUntil } }
}

/** The question that the run itself had put, unless its time ran out: it takes no answer then, and a new one is put. */
async function questionId(run: Activation, { step, seq }: Intent): Promise<string> {
  const id = escalationId(run.run.runId, step, seq)
  const [row] = await run.engine.ledger.escalations({ id })
  return row?.state === 'expired' ? escalationId(run.run.runId, step, -seq) : id
}

/** Writes down what is known of an open doubt. False when the effect moved since. */
export function settleSeen(
  run: Activation,
  intent: Intent,
  seen: Extract<Seen, { known: 'decided' }>,
): Promise<boolean> {
  const saw = { attempt: seen.row.attempt, evidence: seen.row.evidence }
  const body = {
    fault: { code: seen.did },
    source: seen.source,
    ...(seen.did === 'performed' ? { final: { status: 'completed' as const, output: seen.output } } : {}),
  }
  return run.book.resolve(intent, seen.did, body, saw)
}
