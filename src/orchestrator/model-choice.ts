import { endpointOf } from '../models/endpoint.js'
import { ATTEMPTS_PER_MODEL, nextAttempt } from '../models/fallback.js'
import type { FaultClass } from '../models/faults.js'
import { modelName } from '../models/prices.js'
import type { ModelSettings } from '../models/settings.js'
import type { Activation } from './activation.js'
import { backoffUntil, isOurs, steadyChance } from './backoff.js'
import type { Intent, StepRecord } from './journal.js'
import type { Next } from './next.js'
import { type breakerOpen, outage } from './outage.js'
import { failed, type StepResult } from './result.js'

/** As much of a question to a model as decides who is asked next. */
interface Asked {
  readonly models: readonly ModelSettings[]
  readonly args: string
  readonly foreign?: { mayRepeat(): boolean }
}

/** Which of the models is asked next, and from when on; `over` when there is none. */
interface Choice {
  readonly model: number
  readonly wait: number
  readonly over?: StepResult
}

/** What a note of a fallback holds; `after`: attempts that the step had made by then. */
interface FallbackDetail {
  readonly from: number
  readonly to: number
  /** The name of the one that is asked now. */
  readonly model: string
  /** The fault, or what was in the way. */
  readonly cause: string
  readonly after: number
}

/** The next model by what the journal holds of the step. A fallback is an entry before it is an attempt. */
export async function chooseModel(run: Activation, record: StepRecord, ask: Asked): Promise<Choice> {
  const chosen = record.notes.findLast(({ about }) => about === 'fallback')?.detail as FallbackDetail | undefined
  if (chosen?.after === record.intents.length) return { model: chosen.to, wait: 0 }
  const last = record.intents.at(-1)
  const model = last?.body.model ?? 0
  const fault = last?.settled?.body.fault
  if (!last?.settled || !fault || last.lost) return { model, wait: 0 }
  if (isOurs(fault.code)) return { model, wait: backoffUntil(run.run.runId, record) }
  const over = failed(`model_${fault.code}`, fault.message)
  if (ask.foreign?.mayRepeat() === false) return { model, wait: 0, over }
  const next = afterFault(run, record, ask, last, fault)
  if (next.next === 'give_up') return { model, wait: 0, over }
  if (next.model !== model) await fallTo(run, record, ask, { from: model, to: next.model, cause: fault.code })
  return { model: next.model, wait: last.settled.at + next.delayMs }
}

function afterFault(
  run: Activation,
  record: StepRecord,
  { models }: Asked,
  last: Intent,
  fault: { readonly code: string; readonly retryAfterMs?: number },
): ReturnType<typeof nextAttempt> {
  const model = last.body.model ?? 0
  const { retryAfterMs } = fault
  const hasNext = model + 1 < models.length && spentAt(record, models, model + 1) < ATTEMPTS_PER_MODEL
  return nextAttempt({
    fault: { class: fault.code as FaultClass, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    model,
    models: hasNext ? models.length : model + 1,
    attempts: record.intents.filter((i) => i.body.model === model && !i.lost).length,
    spent: spentAt(record, models, model) + keptFor(models, model),
    retriesLeft: 1,
    leftMs: run.remainingMs(),
    random: steadyChance(`${run.run.runId}|${record.id}|${last.attempt}`),
  })
}

/** Where requests of a model arrive; one that does not tell is taken to be alone there. */
const placeOf = (models: readonly ModelSettings[], i: number): string => {
  const model = models[i]?.model
  return (model && endpointOf(model)) ?? `model ${i}`
}

/** Attempts of the step that went where this model's go: models of one endpoint do not multiply them. */
function spentAt(record: StepRecord, models: readonly ModelSettings[], model: number): number {
  const place = placeOf(models, model)
  return record.intents.filter((i) => !i.lost && placeOf(models, i.body.model ?? 0) === place).length
}

/** One attempt each is kept for the models that come later at the same endpoint. */
function keptFor(models: readonly ModelSettings[], model: number): number {
  const place = placeOf(models, model)
  return models.filter((_, i) => i > model && placeOf(models, i) === place).length
}

async function fallTo(
  run: Activation,
  record: StepRecord,
  { models, args }: Asked,
  { from, to, cause }: Pick<FallbackDetail, 'from' | 'to' | 'cause'>,
): Promise<void> {
  const settings = models[to]
  const model = settings === undefined ? '' : modelName(settings.model)
  const detail = { from, to, model, cause, after: record.intents.length }
  await run.book.note({ about: 'fallback', step: record.id, args, detail })
}

/** Whether the next attempt with this model would be a retry; a fallback is a first call of another one. */
export function isRetryOf(record: StepRecord, model: number): boolean {
  const made = record.intents.filter((i) => i.body.model === model && !i.lost)
  return made.some((i) => !isOurs(i.settled?.body.fault?.code ?? ''))
}

/** This model is not asked now: the next one is, or the step waits and then begins with the first again. */
export async function modelBarred(
  run: Activation,
  record: StepRecord,
  ask: Asked,
  model: number,
  barred: ReturnType<typeof breakerOpen>,
): Promise<Next> {
  if (model + 1 < ask.models.length) {
    await fallTo(run, record, ask, { from: model, to: model + 1, cause: barred.why })
    return null
  }
  const next = await outage(run, record, { ...barred, name: 'model', args: ask.args })
  if (next === null && model > 0) await fallTo(run, record, ask, { from: model, to: 0, cause: 'waited' })
  return next
}
