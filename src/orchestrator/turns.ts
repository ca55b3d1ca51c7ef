import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import type { SessionRow } from '../core/sessions.js'
import { type AdmitBody, readBody } from './bodies.js'
import type { Turn } from './conversation.js'
import { words } from './stored.js'

/** Most runs that are looked through for earlier turns. */
const MOST_ROWS = 500
/** The end stands last but for what reconciliation wrote after it. */
const LAST_ENTRIES = 4
const AT_ONCE = 8

/** Where an earlier turn stands. */
export interface TurnAt {
  readonly run: string
  readonly head: number
  /** The run that worked it: itself, or the one that took it in. */
  readonly by: string
}

/**
 * The last runs of this agent before this one, oldest first. They are left out half of `most` at a time: so the prompts of
 * runs that follow each other begin alike, which providers cache.
 */
export async function turnsBefore(
  ledger: Ledger,
  { tenant, session, agent, sessionNo }: RunRow,
  row: SessionRow,
  most: number,
): Promise<TurnAt[]> {
  if (most === 0 || session === null || sessionNo === null) return []
  const before = sessionNo - 1
  const block = Math.ceil(most / 2)
  const from = Math.ceil(Math.max(0, before - most) / block) * block
  // Newest first by their admission: those behind this one may stand before those ahead of it.
  const limit = Math.min(MOST_ROWS, 2 * most + row.lastNo - before)
  const rows = await ledger.runs({ tenant, session, agent, states: ['ended'], limit })
  const fits = (r: RunRow) => noOf(r) > from && noOf(r) <= before && r.createdAt >= row.openedAt && r.prunedAt === null
  return rows
    .filter(fits)
    .sort((a, b) => noOf(a) - noOf(b))
    .map(({ runId, headSeq, workedBy }) => ({ run: runId, head: headSeq, by: workedBy ?? runId }))
}

const noOf = ({ sessionNo }: RunRow): number => sessionNo ?? 0

/** What was asked then and what came of it; words that were erased since are left out. */
export async function readTurns(ledger: Ledger, at: readonly TurnAt[], mostChars: number): Promise<Turn[]> {
  const turns: Turn[] = []
  for (let n = 0; n < at.length; n += AT_ONCE) {
    const some = at.slice(n, n + AT_ONCE)
    const read = await Promise.all(some.map((one) => readTurn(ledger, one, mostChars)))
    // What one run worked together has one outcome, after the last of it.
    turns.push(...read.map((turn, i) => (at[n + i + 1]?.by === at[n + i]?.by ? { ...turn, outcome: null } : turn)))
  }
  return turns
}

async function readTurn(ledger: Ledger, { run: runId, head }: TurnAt, mostChars: number): Promise<Turn> {
  const [[first], last] = await Promise.all([
    ledger.journal({ runId, from: 1, limit: 1 }),
    ledger.journal({ runId, from: Math.max(1, head - LAST_ENTRIES + 1), limit: LAST_ENTRIES }),
  ])
  const end = last.find((entry) => entry.kind === 'end')
  const { input = null } = readBody<AdmitBody>(first?.body ?? null)
  const { outcome = null } = readBody<{ outcome: JsonValue }>(end?.body ?? null)
  return { runId, input: short(input, mostChars), outcome: short(outcome, mostChars) }
}

function short(value: JsonValue, mostChars: number): JsonValue {
  const text = words(value)
  return text.length <= mostChars ? value : `${text.slice(0, mostChars).toWellFormed()} … (${text.length} characters)`
}
