import { type JsonValue, toJson } from '../core/json.js'
import { durationMs } from '../core/time.js'
import { check, type Schema } from '../tools/schema.js'
import type { Activation } from './activation.js'
import type { Question } from './ctx-types.js'
import { askPerson } from './escalated.js'
import type { StepRecord } from './journal.js'
import { completed, type StepResult } from './result.js'

const ROUNDS = 3

/** A flow's question to a person. An answer that does not fit the schema is asked for again, then the default holds. */
export async function askFlow(
  run: Activation,
  record: StepRecord,
  show: JsonValue,
  q: Question<Schema>,
): Promise<StepResult> {
  const chain = [{ to: q.to, withinMs: durationMs(q.within), otherwise: 'refuse' as const }]
  let value: JsonValue = toJson(q.otherwise)
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = {
      kind: 'question' as const,
      tool: null,
      args: record.args ?? '',
      show,
      chain,
      notBefore: null,
      round,
    }
    const answer = await askPerson(run, record, asked)
    if (answer.decision === 'nobody') break
    const fits = await check(q.answer, answer.result ?? null)
    if (!fits.ok) continue
    value = answer.result ?? null
    break
  }
  const result = completed(value)
  await run.book.note({ about: 'answered', step: record.id, final: result })
  return result
}
