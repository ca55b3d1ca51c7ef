import type { RunFacts } from '../../core/invariants/facts.js'
import { canonical, type JsonValue } from '../../core/json.js'
import { usdMicros } from '../../core/money.js'
import { type BeginBody, readBody } from '../../orchestrator/bodies.js'
import type { After, Expectations } from '../scenario.js'
import type { Act } from '../verdict.js'
import { settled } from './settled.js'

/** A sentence for each expectation of the scenario that does not hold. */
export async function expectations(expect: Expectations<unknown>, after: After<unknown>): Promise<string[]> {
  const said = expect.that === undefined ? [] : await expect.that(after)
  return [outcomes, scores, spend, never, acts].flatMap((hold) => hold(expect, after)).concat(said)
}

function outcomes(expect: Expectations<unknown>, { runs }: After<unknown>): string[] {
  const { outcomes: allowed } = expect
  if (allowed === undefined) return []
  return runs.flatMap(({ agent, status, detail }) =>
    status === null || allowed.includes(status)
      ? []
      : [`A run of ${agent} ended ${status} (${detail}); expected ${allowed.join(' or ')}.`],
  )
}

function scores({ scores: least = {} }: Expectations<unknown>, { scores: given }: After<unknown>): string[] {
  return given.flatMap(({ agent, name, value, by, reason }) => {
    const atLeast = least[name]?.atLeast ?? 0
    if (value >= atLeast) return []
    const because = reason === null ? '' : `: ${reason}`
    return [`A run of ${agent} has the score ${name} ${value} by ${by}${because}; expected at least ${atLeast}.`]
  })
}

function spend({ spend: most }: Expectations<unknown>, { usdMicros: spent }: After<unknown>): string[] {
  if (most === undefined || spent <= usdMicros(most)) return []
  return [`The case spent $${spent / 1e6}; the most is ${most}.`]
}

function never({ never: words = [] }: Expectations<unknown>, { facts, acts: done }: After<unknown>): string[] {
  if (words.length === 0) return []
  const said = facts.flatMap(saidIn)
  const acted = done.map(({ input }) => canonical(input))
  return words.flatMap((word) => [
    ...said
      .filter((text) => word.test(text))
      .map((text) => `A model said what ${word} forbids: '${text.slice(0, 80)}'.`),
    ...acted
      .filter((text) => word.test(text))
      .map((text) => `An act holds what ${word} forbids: ${text.slice(0, 80)}.`),
  ])
}

/** What models said in a run, as its journal keeps it. */
function saidIn({ entries }: RunFacts): string[] {
  // What was asked beside the conversation is not heeded as what the run says.
  const isSaid = ({ kind, facts, body }: RunFacts['entries'][number]) =>
    kind === 'begin' && !facts.tool && !readBody<BeginBody>(body).aside
  const calls = new Set(entries.filter(isSaid).map(({ seq }) => seq))
  return entries.flatMap((entry) => {
    if (entry.kind !== 'settle' || entry.ref === null || !calls.has(entry.ref)) return []
    const { output } = (settled(entry).final ?? {}) as { output?: { text?: JsonValue } }
    return typeof output?.text === 'string' ? [output.text] : []
  })
}

/** Compared only where every run of the story completed: one that was refused or killed has done a part. */
function acts(expect: Expectations<unknown>, after: After<unknown>): string[] {
  if (expect.acts === undefined || !after.runs.every(({ status }) => status === 'completed')) return []
  const wanted = counted(expect.acts(after.story))
  // What a fault made the model propose and the policy let through is nobody's mistake but the model's.
  const done = counted(after.acts.filter(({ blame }) => blame === undefined))
  const texts = [...new Set([...wanted.keys(), ...done.keys()])].sort()
  return texts.flatMap((text) => {
    const [is, want] = [done.get(text) ?? 0, wanted.get(text) ?? 0]
    return is === want ? [] : [`Done ${is === 1 ? 'once' : `${is} times`}, expected ${want}: ${text.slice(0, 200)}.`]
  })
}

function counted(list: readonly Pick<Act, 'tool' | 'input'>[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { tool, input } of list) {
    const text = `${tool} ${canonical(input)}`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return counts
}
