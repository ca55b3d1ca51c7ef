import type { Entry, EntryFacts } from '../../core/entries.js'
import { canonical, type JsonValue } from '../../core/json.js'
import { type Beside, bodyShown } from './bodies.js'
import { PRIVATE } from './redacted.js'
import { Veil } from './veil.js'

/** Hides every value. */
export const OVER_ALL = new Veil([])

/**
 * An entry as those may see it who may not see private fields. Where something is hidden its salt is gone as well: with it a
 * short value could be guessed from the digest. Then the chain cannot be checked by who reads it. Pure.
 */
export function entryShown(entry: Entry, veil: Veil, beside: Beside): Entry {
  const over = isForeign(entry, veil, beside) ? OVER_ALL : veil
  const facts = factsShown(entry.facts, over)
  const body = entry.body === null ? null : textShown(entry, over, beside)
  const factsText = facts === entry.facts ? entry.factsText : canonical(facts)
  if (body === entry.body && factsText === entry.factsText) return entry
  return { ...entry, body, facts, factsText, salt: body === entry.body ? entry.salt : '' }
}

/** Of a tool that the definition does not declare: what may be seen of it nobody here can say. */
function isForeign({ kind, facts }: Entry, veil: Veil, beside: Beside): boolean {
  const { begin } = beside
  if (kind === 'begin') return facts.tool !== undefined && begin !== undefined && isUndeclared(begin, veil)
  if (kind === 'note') return beside.tool !== undefined && veil.tool(beside.tool) === null
  return (kind === 'settle' || kind === 'doubt') && isUndeclared(begin ?? null, veil)
}

const isUndeclared = (begin: Beside['begin'], veil: Veil): boolean =>
  !begin || (begin.sort === 'tool' && veil.tool(begin.name ?? '') === null)

/** A body of a form that this version does not know is hidden whole. */
function textShown({ kind, body }: Entry, veil: Veil, beside: Beside): string {
  try {
    return canonical(bodyShown(kind, JSON.parse(body ?? '{}') as Record<string, JsonValue>, veil, beside))
  } catch {
    return canonical(PRIVATE)
  }
}

/** Digests of what was given, which can be guessed where it is short, and locks, which are named by it. */
function factsShown(facts: EntryFacts, veil: Veil): EntryFacts {
  if (veil.mode === 'plain') return facts
  const { effect, locks, state } = facts
  if (!effect && !locks && !state) return facts
  return {
    ...facts,
    ...(effect && { effect: { ...effect, args: PRIVATE } }),
    ...(locks && { locks: locks.map(() => PRIVATE) }),
    ...(state && { state: { ...state, digest: PRIVATE } }),
  }
}
