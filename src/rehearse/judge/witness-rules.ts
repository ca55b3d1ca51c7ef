import type { RunFacts } from '../../core/invariants/facts.js'
import { storedKey } from '../../orchestrator/doubt.js'
import { KEY_SECRET } from '../sim/ground.js'
import type { Act } from '../verdict.js'

/** One call of a tool's own code, as it left the orchestrator. */
export interface Sending {
  readonly tool: string
  readonly effect: string
  readonly key: string
  readonly runId: string
  readonly tenant: string
  readonly fence: bigint
  readonly attempt: number
  /** When, in whole ms of true time; null where there is none that all agree on. */
  readonly at: number | null
  /** Until when the tool said that it would not be asked again. */
  notBefore?: number
}

/** Acts beyond the first under the same key. */
export function duplicatesOf(acts: readonly Act[]): Act[] {
  const seen = new Set<string>()
  return acts.filter(({ tool, key, tenant = '' }) => {
    if (key === null || key === '') return false
    const id = `${tenant}\n${tool}\n${key}`
    const again = seen.has(id)
    seen.add(id)
    return again
  })
}

/** What the world outside saw, held against the journals; a sentence for each thing that does not fit. */
export function witnessRules(acts: readonly Act[], sent: readonly Sending[], runs: readonly RunFacts[]): string[] {
  return [
    ...actedAgain(acts, sent),
    ...actingReads(acts, sent),
    ...unintended(acts, runs),
    ...denied(acts, runs),
    ...sentTwice(sent),
    ...sentWithoutEvidence(sent, runs),
  ]
}

/** Why a tool of a class is called again under one key: what to look at when it then acted twice. */
const AGAIN: Readonly<Record<string, string>> = {
  keyed:
    ' It is keyed, so it is sent again under the same key: what stands there must know its keys, as remembers() does, or the tool is checked or once.',
  checked: ' It is checked, so it is sent again where its check says not_happen: look at what the check saw.',
}

function actedAgain(acts: readonly Act[], sent: readonly Sending[]): string[] {
  const effects = effectsOf(sent)
  return duplicatesOf(acts).map(
    ({ tool, key }) => `${tool} acted more than once under the key '${key}'.${AGAIN[effects.get(tool) ?? ''] ?? ''}`,
  )
}

/** What a world calls an act is no read, whatever its tool says. */
function actingReads(acts: readonly Act[], sent: readonly Sending[]): string[] {
  const effects = effectsOf(sent)
  const tools = new Set(acts.map(({ tool }) => tool).filter((tool) => effects.get(tool) === 'read'))
  return [...tools].map(
    (tool) =>
      `${tool} acted, but is declared read, so that a lost answer is asked again: declare it keyed, checked or once.`,
  )
}

const effectsOf = (sent: readonly Sending[]): ReadonlyMap<string, string> =>
  new Map(sent.map(({ tool, effect }) => [tool, effect]))

/** Every act has an intent in a journal: a begin of this tool under this key. */
function unintended(acts: readonly Act[], runs: readonly RunFacts[]): string[] {
  const intents = new Set<string>()
  const tenants = new Set<string>()
  for (const { run, entries } of runs) {
    tenants.add(run.tenant)
    for (const { kind, facts } of entries)
      if (kind === 'begin' && facts.effect) intents.add(`${facts.effect.tool}\n${facts.effect.key}`)
  }
  return acts.flatMap(({ tool, key }) => {
    if (key === null || key === '') return []
    const known = [...tenants].some((tenant) => intents.has(`${tool}\n${storedKey(KEY_SECRET, tenant, tool, key)}`))
    return known ? [] : [`${tool} acted under the key '${key}', and no journal holds an intent of it.`]
  })
}

/** What happened is confirmed, in doubt, or was undone: never is it written down that it did not happen. */
function denied(acts: readonly Act[], runs: readonly RunFacts[]): string[] {
  const tenants = [...new Set(runs.map(({ run }) => run.tenant))]
  const free = new Set<string>()
  for (const { effects } of runs) {
    for (const { tenant, tool, key, state, undone } of effects)
      if (state === 'free' && undone === 0) free.add(`${tenant}\n${tool}\n${key}`)
  }
  if (free.size === 0) return []
  return acts.flatMap(({ tool, key, tenant: own }) => {
    if (key === null || key === '') return []
    const where = own === undefined ? tenants : [own]
    const isFree = where.some((tenant) => free.has(`${tenant}\n${tool}\n${storedKey(KEY_SECRET, tenant, tool, key)}`))
    return isFree ? [`${tool} acted under the key '${key}', and the ledger says that it did not.`] : []
  })
}

/** One begin is a licence for one call. */
function sentTwice(sent: readonly Sending[]): string[] {
  const seen = new Set<string>()
  return sent.flatMap(({ tool, effect, key, runId, fence, attempt }) => {
    if (effect === 'read') return []
    const id = `${runId} ${tool} ${key} ${fence} ${attempt}`
    if (seen.has(id)) return [`${tool} was called twice for one attempt (${attempt}) under the key '${key}'.`]
    seen.add(id)
    return []
  })
}

/** `checked` and `once`: between two calls under one key stands a settlement that says that the first did not act. */
function sentWithoutEvidence(sent: readonly Sending[], runs: readonly RunFacts[]): string[] {
  const calls = new Map<string, { readonly one: Sending; times: number }>()
  for (const one of sent) {
    if (one.effect !== 'checked' && one.effect !== 'once') continue
    const id = `${one.tool}\n${storedKey(KEY_SECRET, one.tenant, one.tool, one.key)}`
    const known = calls.get(id) ?? { one, times: 0 }
    known.times += 1
    calls.set(id, known)
  }
  const cleared = clearedByKey(runs)
  return [...calls].flatMap(([id, { one, times }]) => {
    const most = 1 + (cleared.get(id) ?? 0)
    if (times <= most) return []
    return [
      `${one.tool} (${one.effect}) was called ${times} times under the key '${one.key}', with evidence for ${most}.`,
    ]
  })
}

/** How often it was written down that an attempt under a key did not act, or was adopted. */
function clearedByKey(runs: readonly RunFacts[]): Map<string, number> {
  const cleared = new Map<string, number>()
  for (const { entries } of runs) {
    const begun = new Map(entries.filter(({ kind }) => kind === 'begin').map((entry) => [entry.seq, entry]))
    for (const { kind, ref, facts, body } of entries) {
      const effect = kind === 'settle' ? begun.get(ref ?? 0)?.facts.effect : undefined
      if (!effect) continue
      // Another run that adopts a doubt checks it itself, as part of its own attempt.
      const adopted = facts.did === 'failed' && body?.includes('"taken_over"')
      if (facts.did !== 'not_performed' && !adopted) continue
      const id = `${effect.tool}\n${effect.key}`
      cleared.set(id, (cleared.get(id) ?? 0) + 1)
    }
  }
  return cleared
}
