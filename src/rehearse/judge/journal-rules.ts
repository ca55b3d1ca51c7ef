import type { Entry } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { isCatalogued } from '../../core/refusals.js'
import { readBody } from '../../orchestrator/bodies.js'
import { settled } from './settled.js'

/** What every orchestrator keeps to, and a ledger alone cannot ask of it; a sentence for each break. */
export function journalRules(runs: readonly RunFacts[]): string[] {
  return runs.flatMap(({ run, entries }) =>
    [runAgain, deniedEarly, askedTooSoon, undercharged, strayRefusals]
      .flatMap((rule) => rule(entries))
      .map((what) => `Run ${run.runId}: ${what}`),
  )
}

const beginOf = (entries: readonly Entry[], settle: Entry): Entry | undefined => entries[(settle.ref ?? 0) - 1]

/** A step that has its result is replayed, and not begun again. */
function runAgain(entries: readonly Entry[]): string[] {
  const done = new Set<string>()
  return entries.flatMap((entry) => {
    const step = entry.kind === 'begin' ? entry.facts.step : undefined
    if (step !== undefined && done.has(step)) return [`step '${step}' was begun again (entry ${entry.seq}).`]
    const begin = entry.kind === 'settle' && entry.facts.did === 'performed' ? beginOf(entries, entry) : undefined
    if (begin?.facts.step !== undefined) done.add(begin.facts.step)
    return []
  })
}

/** Nobody may say of a doubt that it did not happen while it could still be acting; a late receipt alone knows better. */
function deniedEarly(entries: readonly Entry[]): string[] {
  const doubted = new Set(entries.filter(({ kind }) => kind === 'doubt').map(({ ref }) => ref))
  return entries.flatMap((entry) => {
    if (entry.kind !== 'settle' || entry.facts.did !== 'not_performed' || !doubted.has(entry.ref)) return []
    const { actsUntil = 0, tool } = beginOf(entries, entry)?.facts ?? {}
    const { source } = settled(entry)
    if (entry.at >= actsUntil || source === 'evidence') return []
    return [`${tool} was said not to have happened ${actsUntil - entry.at} ms too early (entry ${entry.seq}).`]
  })
}

/** Whoever said when to come again is not asked before: that was said after the attempt had begun. */
function askedTooSoon(entries: readonly Entry[]): string[] {
  const notBefore = new Map<string, number>()
  return entries.flatMap((entry) => {
    if (entry.kind === 'settle') {
      const begin = beginOf(entries, entry)
      const { fault } = settled(entry)
      if (begin?.facts.step !== undefined && fault?.retryAfterMs !== undefined)
        notBefore.set(begin.facts.step, begin.at + fault.retryAfterMs)
    }
    const soonest = entry.kind === 'begin' ? (notBefore.get(entry.facts.step ?? '') ?? 0) : 0
    const earlyMs = soonest - entry.at
    return earlyMs > 0 ? [`step '${entry.facts.step}' was tried again ${earlyMs} ms too soon.`] : []
  })
}

/** Faults of attempts that surely never reached their provider. */
const NEVER_ASKED: ReadonlySet<string> = new Set(['too_late', 'aborted'])

/** What a model's provider does not say was used is charged at its reservation. */
function undercharged(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => {
    const begin = entry.kind === 'settle' ? beginOf(entries, entry) : undefined
    const place = begin?.facts.charges?.findIndex(({ meter }) => meter === 'input_tokens') ?? -1
    if (!begin || begin.facts.tool !== undefined || place < 0) return []
    const { fault, usage } = settled(entry)
    const known = typeof (usage as { inputTokens?: unknown } | undefined)?.inputTokens === 'number'
    const amount = begin.facts.charges?.[place]?.amount ?? 0
    const used = entry.facts.used?.[place] ?? 0
    if (known || NEVER_ASKED.has(fault?.code ?? '') || used >= amount) return []
    return [`a model call whose usage is not known was charged ${used} of ${amount} tokens (entry ${entry.seq}).`]
  })
}

/** How a body holds a refusal: bodies are canonical JSON, so one without it need not be read. */
const REFUSED = '"status":"refused"'

/** Every refusal is of the catalogue: a known reason, by a known rule. */
function strayRefusals(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => {
    if (!entry.body?.includes(REFUSED)) return []
    const { final, outcome = final } = readBody<{ final: Told; outcome: Told }>(entry.body)
    if (outcome?.status !== 'refused' || isCatalogued(outcome)) return []
    return [`a refusal is of no catalogue: ${String(outcome.reason)}, ${String(outcome.rule)} (entry ${entry.seq}).`]
  })
}

type Told = { readonly status?: string; readonly reason?: unknown; readonly rule?: unknown } | undefined
