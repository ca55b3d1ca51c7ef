import { sha256 } from '../../core/digest.js'
import type { Entry } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'

/** A body's fault or reason, where it names one. */
const CODE = /"(?:code|about|reason|why)":"([a-z_]{1,40})"/

/** What one entry was, without its times, ids and amounts. */
function lineOf({ kind, facts, body }: Entry): string {
  const code = kind === 'admit' || body === null ? '' : (CODE.exec(body)?.[1] ?? '')
  return `${kind} ${facts.step ?? ''} ${facts.tool ?? ''} ${facts.did ?? ''} ${facts.outcome ?? ''} ${code}`
}

/** Digest of what the journals look like: which kinds, steps and codes, in which order. */
export function shapeOf(runs: readonly RunFacts[]): string {
  const lines = runs.flatMap(({ run, entries }) => [run.agent, ...entries.map(lineOf)])
  return sha256(lines.join('\n')).slice(0, 16)
}
