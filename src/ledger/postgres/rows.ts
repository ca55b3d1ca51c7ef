import type { Entry } from '../../core/entries.js'
import type { Escalation } from '../../core/escalation.js'
import { factsOf } from '../../core/facts.js'
import { PRIORITIES } from '../../core/queues.js'
import type { Claimed, RunRow } from '../../core/run-row.js'
import type { Row } from './pool.js'

/** Columns of a run `r` with its pin `p`, as `runOf` reads them. */
export const RUN_COLUMNS = `
  r.run_id, r.tenant, r.agent, p.version, p.fingerprint, r.queue, r.priority, r.key, r.session, r.session_no, r.principal, r.origin,
  r.state, r.waits, r.outcome, r.detail, r.owner, r.worker_id, r.fence, r.head_seq, r.head_hash, r.due_at, r.deadline_at, r.mail_head,
  r.mail_seen, r.claims, r.open, p.meters, r.used, r.reserved, r.created_at, r.ended_at,
  r.parent, r.step, r.group_no, r.ancestors, r.above, r.continues, r.continued_as, r.first,
  r.worked_by, r.gap, r.pruned_at, r.proof`

/**
 * Since when a run that is held in a row is unsure. On a ledger that was never reconciled none is, and the server is not asked to
 * work the function out for each: that costs as much as to claim the run.
 */
export const unsure = (run: string): string =>
  `case when exists (select from midwatch.reconciliation) then midwatch.unsure_since(${run}) end as unsure`

/** A column, and what the port calls it: `head_seq` → `headSeq`. */
type Named = readonly [column: string, name: string]

const named = (column: string): Named => [column, column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())]

function camel(row: Row, columns: readonly Named[]): Row {
  const port: Row = {}
  for (const [column, name] of columns) port[name] = row[column]
  return port
}

/** Columns that are not shown as they are. */
const OWN_WAY = new Set([
  ...['priority', 'open', 'meters', 'used', 'reserved', 'parent', 'step', 'ancestors', 'above', 'first', 'proof'],
])

const RUN_NAMES = RUN_COLUMNS.split(',')
  .map((name) => name.trim().slice(2))
  .filter((name) => !OWN_WAY.has(name))
  .map(named)

export function runOf(row: Row): RunRow {
  const used = row.used as number[]
  const reserved = row.reserved as number[]
  const meters = (row.meters as string[]).map((name, i) => [name, { used: used[i] ?? 0, reserved: reserved[i] ?? 0 }])
  const open = [...(row.open as number[])].sort((a, b) => a - b)
  const proof = row.proof === null ? null : JSON.parse(String(row.proof))
  const priority = PRIORITIES[Number(row.priority)]
  const known = {
    ...camel(row, RUN_NAMES),
    ...kinOf(row),
    priority,
    open,
    proof,
    meters: Object.fromEntries(meters),
    unsure: row.unsure ?? null,
  }
  return known as unknown as RunRow
}

/** Where a run stands among others; one that is no child of any has nulls in its row. */
function kinOf(row: Row): Pick<RunRow, 'parent' | 'ancestors' | 'depth' | 'above' | 'first'> {
  const ancestors = (row.ancestors as string[] | null) ?? []
  const parent = row.parent === null ? null : { runId: String(row.parent), step: String(row.step) }
  const above = (row.above as string[] | null) ?? []
  return { parent, ancestors, depth: ancestors.length, above, first: String(row.first ?? row.run_id) }
}

export function claimedOf(row: Row): Claimed {
  const { scope, mode, by, at } = row
  const switched = scope === null ? null : { scope, mode, by }
  return { run: runOf(row), switched: switched as Claimed['switched'], at: Number(at) }
}

export function entryOf(row: Row): Entry {
  const { run_id: runId, facts: factsText, ...rest } = row
  return { runId, ...rest, facts: factsOf(String(factsText)), factsText } as unknown as Entry
}

const ESCALATION_NAMES = [
  ...['id', 'tenant', 'run_id', 'agent', 'kind', 'tool', 'args', 'show', 'rung', 'due_at', 'not_before', 'people'],
  ...['state', 'decision', 'by', 'note', 'result', 'opened_at', 'answered_at', 'version', 'used_by'],
].map(named)

export function escalationOf(row: Row): Escalation {
  const { first_by: by, first_note: note, first_result: result, first_at: at, own: selfApproval, chain } = row
  const first = by === null ? null : { by, note, result, at }
  const rest = { chain: JSON.parse(String(chain)), selfApproval, first }
  return { ...camel(row, ESCALATION_NAMES), ...rest } as unknown as Escalation
}
