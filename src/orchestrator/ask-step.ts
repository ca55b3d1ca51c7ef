import { canonical, type JsonValue, toJson } from '../core/json.js'
import { durationMs } from '../core/time.js'
import { check, type Schema } from '../tools/schema.js'
import type { Activation } from './activation.js'
import type { Question, SaidBy } from './ctx-types.js'
import { type Answered, askPerson, questionOf } from './escalated.js'
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
    const asked = { ...questionOf(record, show, chain, round), ...(q.people === 2 ? { people: 2 as const } : {}) }
    const answer = await askPerson(run, record, asked)
    if (answer.decision === 'nobody' || !agree(answer)) break
    const fits = await check(q.answer, answer.result ?? null)
    if (!fits.ok) continue
    value = answer.result ?? null
    break
  }
  const result = completed(value)
  await run.book.note({ about: 'answered', step: record.id, final: result })
  return result
}

/** Of two both must have said the same. */
function agree({ first, result = null }: Answered): boolean {
  return first === undefined || canonical(first.result ?? null) === canonical(result)
}

/** Who gave the answer that the step came to; nobody where it is the default. */
export function answeredBy({ notes, final }: StepRecord): readonly string[] {
  const value = canonical(final?.status === 'completed' ? (final.output as JsonValue) : null)
  const said = notes.flatMap(({ about, detail }) =>
    about === 'answered' && detail ? [detail as unknown as Answered] : [],
  )
  const given = said.find((one) => agree(one) && canonical(one.result ?? null) === value)
  return given === undefined ? [] : [...(given.first ? [given.first.by] : []), given.by]
}

export function withNames<T>(answer: T, by: readonly string[]): SaidBy<T> {
  const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer)
  return (isObject ? { by, ...answer } : answer) as SaidBy<T>
}
