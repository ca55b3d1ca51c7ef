import type { Entry } from '../../core/entries.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { storedKey } from '../../orchestrator/doubt.js'
import { KEY_SECRET } from '../sim/ground.js'
import { settled } from './settled.js'
import type { Sending } from './witness-rules.js'

/** Begin, then send, then settle: what was sent, held against the journals; a sentence for each thing out of order. */
export function sentRules(sent: readonly Sending[], runs: readonly RunFacts[]): string[] {
  const writes = sent.filter(({ effect }) => effect !== 'read').map((one) => ({ one, key: keyOf(one) }))
  const begun = beginsOf(runs)
  return [...sentUnbegun(writes, begun), ...settledUnsent(writes, runs), ...sentTooSoon(writes, begun)]
}

type Write = { readonly one: Sending; readonly key: string }
/** A begin, and what was written of it by whoever made it. */
interface Begun {
  readonly entry: Entry
  readonly end: Entry | undefined
}
type Begins = ReadonlyMap<string, Begun>

const keyOf = ({ tenant, tool, key }: Sending) => `${tool}\n${storedKey(KEY_SECRET, tenant, tool, key)}`
const attemptOf = ({ one: { runId, fence, attempt }, key }: Write) => `${runId}\n${key}\n${fence}\n${attempt}`

/** Every begin of a write, by what its call is known by. */
function beginsOf(runs: readonly RunFacts[]): Begins {
  const begun = new Map<string, Begun>()
  for (const { run, entries } of runs) {
    const settles = new Map(
      entries.flatMap((one) => (one.kind === 'settle' && one.ref !== null ? [[one.ref, one]] : [])),
    )
    for (const entry of entries) {
      const { effect } = entry.facts
      if (entry.kind === 'begin' && effect)
        begun.set(`${run.runId}\n${effect.tool}\n${effect.key}\n${entry.fence}\n${effect.attempt}`, {
          entry,
          end: settles.get(entry.seq),
        })
    }
  }
  return begun
}

/** No call leaves before its intent is written. */
function sentUnbegun(writes: readonly Write[], begun: Begins): string[] {
  return writes.flatMap((write) => {
    const { tool, attempt, at } = write.one
    const since = begun.get(attemptOf(write))?.entry.at
    if (since === undefined) return [`${tool} was called (attempt ${attempt}), and no journal holds its intent.`]
    return at !== null && since > at ? [`${tool} was called ${since - at} ms before its intent was written.`] : []
  })
}

/** Nothing is confirmed that was not sent before; what a person vouches for is theirs. */
function settledUnsent(writes: readonly Write[], runs: readonly RunFacts[]): string[] {
  const first = new Map<string, number>()
  for (const { one, key } of writes) first.set(key, Math.min(one.at ?? 0, first.get(key) ?? one.at ?? 0))
  return runs.flatMap(({ entries }) =>
    entries.flatMap((entry) => {
      const { kind, facts, ref, at } = entry
      const effect = entries[(ref ?? 0) - 1]?.facts.effect
      if (kind !== 'settle' || facts.did !== 'performed' || !effect) return []
      if (settled(entry).source?.startsWith('person:')) return []
      const sentAt = first.get(`${effect.tool}\n${effect.key}`)
      return sentAt !== undefined && sentAt <= at ? [] : [`${effect.tool} was confirmed before it was called.`]
    }),
  )
}

/** How far a worker's reading of the ledger's clock may be off: as long as an answer is on its way. */
const OFF_MS = 50

/** What a worker was told and wrote down is heeded by whoever holds the run afterwards. */
function sentTooSoon(writes: readonly Write[], begun: Begins): string[] {
  const told = new Map<string, number>()
  return writes.flatMap((write) => {
    const { one } = write
    const { entry, end } = begun.get(attemptOf(write)) ?? {}
    const step = `${one.runId}\n${entry?.facts.step}`
    const earlyMs = one.at === null ? 0 : (told.get(step) ?? 0) - one.at
    if (end?.facts.did === 'not_performed' && isItsOwn(end)) told.set(step, one.notBefore ?? 0)
    return earlyMs > OFF_MS ? [`${one.tool} was called again ${earlyMs} ms before it said.`] : []
  })
}

/** Not told by a check, a person or a late receipt, and not for a fault of this side. */
function isItsOwn(entry: Entry): boolean {
  const { source, fault } = settled(entry)
  return source === undefined && fault?.code !== 'too_late' && fault?.code !== 'aborted'
}
