import type { Entry } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'

/** A begin that takes something back. */
interface Undo {
  readonly seq: number
  readonly step: string
  readonly tool: string
  /** Of the effect: tool, key and attempt, as text. */
  readonly of: string
  readonly did: string | null
}

/** An undo is of a confirmed effect, at most once, and within one wind-down the newest effect comes first; a sentence for each break. */
export function undoRules(runs: readonly RunFacts[]): string[] {
  const confirmed = new Map<string, number>()
  for (const { run, entries } of runs)
    for (const [of, seq] of confirmedIn(entries)) confirmed.set(`${run.tenant}\n${of}`, seq)
  const undone = new Set<string>()
  return runs.flatMap(({ run, entries }) => {
    const undos = undosIn(entries)
    const known = new Map(confirmedIn(entries))
    const wrong = undos.flatMap(({ tool, of, did, seq }) => {
      const name = `${run.tenant}\n${of}`
      const twice = did === 'performed' && undone.has(name)
      if (did === 'performed') undone.add(name)
      return [
        ...(confirmed.has(name)
          ? []
          : [`${tool} was begun, and what it takes back was never confirmed (entry ${seq}).`]),
        ...(twice ? [`${tool} took the same effect back twice (entry ${seq}).`] : []),
      ]
    })
    return [...wrong, ...outOfOrder(undos, known)].map((what) => `Run ${run.runId}: ${what}`)
  })
}

/** Effects that this journal confirms, with the entry that does. */
function confirmedIn(entries: readonly Entry[]): [string, number][] {
  return entries.flatMap(({ kind, seq, ref, facts }): [string, number][] => {
    const { effect } = (kind === 'settle' && facts.did === 'performed' && entries[(ref ?? 0) - 1]?.facts) || {}
    return effect ? [[nameOf(effect), seq]] : []
  })
}

/** Undos of the runtime's own making: those that name the attempt which they take back, under a step that plans them. */
function undosIn(entries: readonly Entry[]): Undo[] {
  const settled = new Map(
    entries.flatMap(({ kind, ref, facts }) => (kind === 'settle' ? [[ref, facts.did] as const] : [])),
  )
  return entries.flatMap(({ kind, seq, facts }) => {
    const { undoes } = (kind === 'begin' && facts.effect) || {}
    if (!undoes || !facts.step?.includes('undo#')) return []
    return [{ seq, step: facts.step, tool: facts.tool ?? '', of: nameOf(undoes), did: settled.get(seq) ?? null }]
  })
}

function outOfOrder(undos: readonly Undo[], known: ReadonlyMap<string, number>): string[] {
  const last = new Map<string, number>()
  return undos.flatMap(({ step, tool, of, seq }) => {
    const pass = step.slice(0, step.lastIndexOf('/'))
    const before = last.get(pass) ?? Number.POSITIVE_INFINITY
    const at = known.get(of) ?? before
    last.set(pass, Math.min(before, at))
    return at > before ? [`${tool} was begun before what was confirmed later was taken back (entry ${seq}).`] : []
  })
}

const nameOf = ({ tool, key, attempt }: { readonly tool: string; readonly key: string; readonly attempt: number }) =>
  `${tool}\n${key}\n${attempt}`
