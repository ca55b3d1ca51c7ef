import type { Entry } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { type NoteBody, readBody } from '../../orchestrator/bodies.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Ruled } from '../verdict.js'

type Ruling = Pick<Definition, 'name' | 'policy'>

/** What each rule said in the runs of its agent, as their journals keep it; of a rule that was never asked, nothing but zeros. */
export function ruledIn(definitions: readonly Ruling[], runs: readonly RunFacts[]): Record<string, Ruled> {
  return Object.fromEntries(
    definitions.flatMap(({ name, policy }) => {
      const tools = Object.keys(policy.rules).filter((tool) => policy.rules[tool] !== undefined)
      if (tools.length === 0) return []
      const steps = runs.filter(({ run }) => run.agent === name).map(({ entries }) => stepsIn(entries))
      return tools.map((tool) => [`${name}/${tool}`, countedIn(steps, tool)])
    }),
  )
}

/** Steps of one run by the tool that each was about: those that a rule stopped, and those that went on to the tool. */
interface Steps {
  readonly stopped: ReadonlyMap<string, string>
  readonly passed: ReadonlyMap<string, string>
}

function countedIn(runs: readonly Steps[], tool: string): Ruled {
  const of = (steps: ReadonlyMap<string, string>) => [...steps].filter(([, about]) => about === tool)
  const stopped = runs.reduce((sum, one) => sum + of(one.stopped).length, 0)
  const allowed = runs.reduce((sum, one) => sum + of(one.passed).filter(([step]) => !one.stopped.has(step)).length, 0)
  return { allowed, stopped }
}

function stepsIn(entries: readonly Entry[]): Steps {
  const [stopped, passed] = [new Map<string, string>(), new Map<string, string>()]
  for (const { kind, facts, body } of entries) {
    if (kind === 'begin' && facts.tool !== undefined) passed.set(facts.step ?? '', facts.tool)
    if (kind !== 'note' || !body?.match(TELLING)) continue
    const note = readBody<NoteBody>(body)
    const { step = '' } = note
    // An agent that is called has no begin: its call is a note, under the step that the tool gave its name to.
    if (note.about === 'called') passed.set(step, toolOf(step))
    const by = note.about === 'refused' ? refusing(note) : note.about === 'escalated' ? asking(note) : null
    if (by !== null) stopped.set(step, by)
  }
  return { stopped, passed }
}

/** Bodies are canonical JSON: one that is about nothing of this need not be read. */
const TELLING = /"about":"(refused|escalated|called)"/

const toolOf = (step: string): string => /([^/]*)#\d+$/.exec(step)?.[1] ?? step

/** The tool whose rule refused; null where something else did. */
function refusing({ final }: Partial<NoteBody>): string | null {
  return final?.status === 'refused' ? (/^rules\.(.+)$/.exec(final.rule)?.[1] ?? null) : null
}

/** The tool whose rule asked people. Ceilings, low confidence and tools for two ask as well, and show no chain of a rule. */
function asking({ detail }: Partial<NoteBody>): string | null {
  const { kind, tool, show } = (detail ?? {}) as Escalated
  return kind === 'approval' && show?.chain !== undefined && show.below === undefined ? (tool ?? null) : null
}

interface Escalated {
  readonly kind?: string
  readonly tool?: string
  readonly show?: { readonly chain?: unknown; readonly below?: unknown }
}
