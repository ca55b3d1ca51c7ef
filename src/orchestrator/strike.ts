import type { RefusalRule } from '../core/refusals.js'
import type { ToolCall } from '../models/prompt.js'
import type { Branch } from './branch.js'
import { exhaustedHere, limitHere } from './stage-here.js'

/** A proposal that cannot be used is written down and counts as a strike. */
export function unusable(branch: Branch, call: ToolCall, say: string, rule?: RefusalRule): Promise<void> {
  return strike(branch, { tool: call.name, input: call.inputText.slice(0, 2_000), say }, rule)
}

/** The model neither called a tool nor took a way out. */
export function saidNothing(branch: Branch): Promise<void> {
  return strike(branch, { tool: null, input: '', say: 'It called no tool.' })
}

async function strike(
  branch: Branch,
  detail: { tool: string | null; input: string; say: string },
  rule: RefusalRule = 'strike',
): Promise<void> {
  const { run } = branch
  await branch.step('strike', '', async (record) => {
    const final = { status: 'refused' as const, reason: 'unsafe_arguments' as const, rule, say: detail.say }
    await run.book.note({ about: 'refused', step: record.id, args: '', final, detail }, { count: { strikes: 1 } })
    return final
  })
}

/** Ends the run once its strikes are used up: a model that cannot be corrected is not corrected for ever. */
export async function endOnStrikes(branch: Branch): Promise<void> {
  const { run } = branch
  const ceiling = run.kin.ceilings.find((c) => c.scope === 'run' && c.meter === 'strikes')
  const used = run.journal.used.strikes ?? 0
  const here = limitHere(run, 'strikes')
  if (here !== null && used >= here) await run.finish(exhaustedHere(run, 'strikes', used, here))
  if (ceiling && used >= ceiling.limit)
    await run.finish({ status: 'exhausted', meter: 'strikes', used, limit: ceiling.limit })
}
