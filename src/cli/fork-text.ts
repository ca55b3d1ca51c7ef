import type { JsonValue } from '../core/json.js'
import { showUsd } from '../core/money.js'
import { table } from '../core/text-table.js'
import type { ForkedStep } from '../rehearse/past/compared.js'
import type { Forked } from '../rehearse/past/fork.js'
import type { Recording } from '../rehearse/past/recording.js'
import type { Step } from '../rehearse/past/steps.js'
import { outcomeText, saidBy } from './entry-line.js'
import { brief, cut, shortId } from './words.js'

const HOW: Readonly<Record<ForkedStep['how'], string>> = {
  given: 'given',
  same: 'as recorded',
  other: 'otherwise',
  new: 'new',
  gone: 'not any more',
}

/** The steps of a recorded run, numbered as --from takes them. */
export function stepsText({ run }: Recording, steps: readonly Step[]): string {
  const rows = steps.map((step, n) => [
    String(n + 1),
    step.id,
    cut(step.input === null ? '' : brief(step.input), 50),
    resultText(step.result),
  ])
  const head = `Run ${run.runId}  ${run.agent}@${run.version}`
  return [
    head,
    '',
    table(['from', 'step', 'arguments', 'result'], rows),
    '',
    `Go on from one: midwatch fork ${shortId(run.runId)} --from NUMBER`,
  ].join('\n')
}

/** A fork for people: how it ended beside how it was, and each step of both. */
export function forkText(made: Forked, version: number): string {
  const { agent, from, outcome, waits, recorded, usdMicros, steps } = made
  const code = made.version === version ? `${agent}@${version}` : `${agent}@${made.version} (recorded under ${version})`
  const rows = steps.map((step) => [step.step, HOW[step.how], step.source ?? '-', whatText(step)])
  return [
    `Run ${shortId(made.runId)} as ${code}, from step ${from.nth} (${from.step}) on.`,
    `recorded: ${recorded ? outcomeText(recorded as unknown as JsonValue) : 'had not ended'}, ${showUsd(usdMicros.recorded)}`,
    `now:      ${outcome ? outcomeText(outcome as unknown as JsonValue) : `waits for ${waits}`}, ${showUsd(usdMicros.forked)}`,
    ...(waits?.startsWith('mismatch:')
      ? ['The code asks for something else than what is given: fork from an earlier step.']
      : []),
    '',
    table(['step', 'how', 'result from', 'what'], rows),
  ].join('\n')
}

function whatText({ how, input, recorded, forked }: ForkedStep): string {
  const asked = input === null ? '' : `${brief(input, 60)} `
  if (how === 'given' || how === 'same' || how === 'gone') return `${asked}${resultText(recorded)}`
  return how === 'new'
    ? `${asked}${resultText(forked)}`
    : `${asked}${resultText(forked)} (then: ${resultText(recorded)})`
}

function resultText(result: Step['result']): string {
  if (result === null) return '-'
  if (result.status !== 'completed') return outcomeText(result as unknown as JsonValue)
  const said = saidBy((result.output ?? null) as JsonValue)
  if (!said) return brief((result.output ?? null) as JsonValue, 70)
  return said.toolCalls.map((call) => `${call.name} ${cut(call.inputText, 60)}`).join(', ') || `“${cut(said.text, 60)}”`
}
