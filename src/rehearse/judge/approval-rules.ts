import { argsDigest } from '../../core/digest.js'
import type { Entry } from '../../core/entries.js'
import type { Escalation } from '../../core/escalation.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { type BeginBody, readBody } from '../../orchestrator/bodies.js'

/**
 * What was begun under an approval was allowed: by somebody other than who asked for it, for its exact arguments, before the
 * question was over, once; by two where a tool is marked for two. A sentence for each break.
 */
export function approvalRules(runs: readonly RunFacts[], forTwo: ReadonlySet<string>): string[] {
  return runs.flatMap((facts) => {
    const used = new Map<string, string>()
    return facts.entries.flatMap((entry) => {
      if (entry.kind !== 'begin') return []
      const wrong = faultsOf(entry, facts, forTwo.has(entry.facts.tool ?? ''), used)
      return wrong.map((what) => `Run ${facts.run.runId}: ${entry.facts.tool} was begun ${what} (entry ${entry.seq}).`)
    })
  })
}

function faultsOf(
  entry: Entry,
  { run, escalations }: RunFacts,
  needsTwo: boolean,
  used: Map<string, string>,
): string[] {
  const { approval, input = null } = readBody<BeginBody>(entry.body)
  if (approval === undefined) return needsTwo ? ['without the yes of two people'] : []
  const asked = escalations.find(({ id }) => id === approval)
  if (entry.facts.approval !== approval || !asked) return ['under an approval that the ledger was not shown']
  const step = entry.facts.step ?? ''
  const other = used.get(approval)
  used.set(approval, step)
  const { first, by, selfApproval, people } = asked
  const yes = [first?.by, by]
  return [
    ...(asked.state === 'answered' && asked.decision === 'approve' ? [] : [`under a question that is ${asked.state}`]),
    ...(isFor(asked, argsDigest(input)) ? [] : ['with other arguments than were allowed']),
    ...(other !== undefined && other !== step ? [`under an approval that ${other} had used`] : []),
    ...(run.principal !== null && !selfApproval && yes.includes(run.principal)
      ? ['by the word of who asked for it']
      : []),
    ...((people === 2 || needsTwo) && (first === null || first.by === by)
      ? ['by the word of one, where two are asked']
      : []),
  ]
}

/** Of arguments that a person gave the approval is for those. */
function isFor({ args, result }: Escalation, digest: string): boolean {
  return digest === (result === null ? args : argsDigest(JSON.parse(result)))
}
