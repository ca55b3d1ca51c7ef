import type { Entry } from '../../core/entries.js'
import { canonical, type JsonValue } from '../../core/json.js'
import type { ModelSaid } from '../../orchestrator/model-step.js'
import type { StepResult } from '../../orchestrator/result.js'
import { toolOf } from './moments.js'
import type { Source } from './past-outside.js'
import { type Step, stepsOf } from './steps.js'

/** One step of a fork beside the recorded one. JSON. */
export interface ForkedStep {
  readonly step: string
  /** given · same · other: it went otherwise · new: only the fork has it · gone: only the recording has it. */
  readonly how: 'given' | 'same' | 'other' | 'new' | 'gone'
  /** Where the fork's result came from; null where it has none. */
  readonly source: Source | null
  readonly input: JsonValue | null
  readonly recorded: StepResult | null
  readonly forked: StepResult | null
}

/** Steps of both journals, in the fork's order; what only the recording has stands where it was. */
export function comparedSteps(
  recorded: readonly Step[],
  entries: readonly Entry[],
  nth: number,
  sources: ReadonlyMap<string, Source>,
): ForkedStep[] {
  const forked = stepsOf(entries)
  const made = new Map(forked.map((s) => [s.id, s]))
  const before = new Map(recorded.map((s) => [s.id, s]))
  const given = new Set(recorded.slice(0, nth - 1).map((s) => s.id))
  const gone = recorded.filter((s) => !made.has(s.id))
  const rows = forked.map((step) => {
    const was = before.get(step.id)
    const how = !was ? 'new' : given.has(step.id) ? 'given' : isSame(was, step) ? 'same' : 'other'
    return rowOf(step, was ?? null, how, how === 'given' ? 'given' : sourceOf(step, sources))
  })
  return [...rows, ...gone.map((was) => ({ ...rowOf(was, was, 'gone', null), forked: null }))]
}

function rowOf(step: Step, was: Step | null, how: ForkedStep['how'], source: Source | null): ForkedStep {
  return { step: step.id, how, source, input: step.input, recorded: was?.result ?? null, forked: step.result }
}

function sourceOf({ id, sort, input }: Step, sources: ReadonlyMap<string, Source>): Source | null {
  if (sort === 'model') return 'model'
  return sources.get(`${toolOf(id)}\n${canonical(input)}`) ?? null
}

function isSame(a: Step, b: Step): boolean {
  return canonical([a.input, heard(a.result)]) === canonical([b.input, heard(b.result)])
}

/** What a flow or a model goes on from; counts and ids of an answer are none of it. */
function heard(result: StepResult | null): unknown {
  if (result?.status !== 'completed') return result
  const said = result.output as Partial<ModelSaid> | null
  if (!Array.isArray(said?.toolCalls)) return result
  return [said.text, said.toolCalls.map(({ name, inputText }) => [name, inputText])]
}
