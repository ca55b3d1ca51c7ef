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

/**
 * A run as the server answers it. Each property stands in the literal: an object that grows by computed names is a dictionary, and
 * to fill it was most of what a claim cost its worker.
 */
export function runOf(row: Row): RunRow {
  // One that is no child of any has nulls in its row.
  const ancestors = (row.ancestors as string[] | null) ?? []
  const known: { readonly [name in keyof RunRow]: unknown } = {
    runId: row.run_id,
    tenant: row.tenant,
    agent: row.agent,
    version: row.version,
    fingerprint: row.fingerprint,
    queue: row.queue,
    priority: PRIORITIES[Number(row.priority)],
    key: row.key,
    session: row.session,
    sessionNo: row.session_no,
    principal: row.principal,
    origin: row.origin,
    parent: row.parent === null ? null : { runId: row.parent, step: row.step },
    groupNo: row.group_no,
    ancestors,
    depth: ancestors.length,
    above: row.above ?? [],
    continues: row.continues,
    continuedAs: row.continued_as,
    first: row.first ?? row.run_id,
    state: row.state,
    waits: row.waits,
    outcome: row.outcome,
    detail: row.detail,
    owner: row.owner,
    workerId: row.worker_id,
    fence: row.fence,
    headSeq: row.head_seq,
    headHash: row.head_hash,
    dueAt: row.due_at,
    deadlineAt: row.deadline_at,
    mailHead: row.mail_head,
    mailSeen: row.mail_seen,
    claims: row.claims,
    open: [...(row.open as number[])].sort((a, b) => a - b),
    meters: metersOf(row),
    createdAt: row.created_at,
    endedAt: row.ended_at,
    workedBy: row.worked_by,
    gap: row.gap,
    prunedAt: row.pruned_at,
    proof: row.proof === null ? null : JSON.parse(String(row.proof)),
    unsure: row.unsure ?? null,
  }
  return known as RunRow
}

function metersOf(row: Row): RunRow['meters'] {
  const used = row.used as number[]
  const reserved = row.reserved as number[]
  const names = row.meters as string[]
  return Object.fromEntries(names.map((name, i) => [name, { used: used[i] ?? 0, reserved: reserved[i] ?? 0 }]))
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
