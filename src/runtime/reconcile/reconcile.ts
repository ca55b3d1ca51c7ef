import { MidwatchError } from '../../core/errors.js'
import { systemEntropy } from '../../core/ids.js'
import type { Ledger } from '../../core/ledger.js'
import { type LostWrite, type Standing, stopText } from '../../core/lives.js'
import { postgresLedger } from '../../ledger/postgres/ledger.js'
import { keptAs, raiseIncarnation, reconcilingUrl, resumeClaims } from '../../ledger/postgres/reconcile.js'
import { type BeginBody, readBody } from '../../orchestrator/bodies.js'
import { canBeKept, type Kept, keepLost } from './keep-lost.js'

/** Which runs are unsure from now on: `all` that have not ended, those that somebody `told` of, or `none`. */
export const UNSURE_RUNS = ['all', 'told', 'none'] as const
export type UnsureRuns = (typeof UNSURE_RUNS)[number]

/** What there is to reconcile. */
export interface ToReconcile {
  readonly standing: Standing
  /** Why nothing is claimed; null where it is. */
  readonly why: string | null
  /** Writes that were granted and that the ledger does not have, as far as workers told. */
  readonly lost: readonly LostWrite[]
}

export interface Reconciled {
  readonly incarnation: number
  /** Runs that were held, and are held no more. */
  readonly released: number
  readonly kept: readonly Kept[]
  /** Runs that are unsure. */
  readonly unsure: number
  readonly since: number | null
}

export async function toReconcile(ledger: Ledger): Promise<ToReconcile> {
  const standing = await ledger.lives.standing()
  const lost = (await ledger.lives.lost()).filter(({ keptAs: kept }) => kept === null)
  return { standing, why: stopText(standing), lost }
}

/** Whether claims are stopped, or anything that was told of as lost is not kept yet. */
export const isNeeded = ({ why, lost }: ToReconcile): boolean => why !== null || lost.length > 0

/** A lost write as people are shown it. */
export function lostShown({ write, ...lost }: LostWrite) {
  if (write === null) return { ...lost, tenant: null, tool: null, input: null, begunAt: null, did: null }
  const { input = null } = readBody<BeginBody>(write.op.body)
  const { of, op, at, did } = write
  return { ...lost, tenant: of.tenant, tool: op.tool ?? null, input, begunAt: at, did }
}

/**
 * Begins a new incarnation of the ledger, as the owner of its schema: all that was held or leased before is over, what was told of
 * as lost is put in doubt, runs are marked as unsure, and claims are given again. May be repeated when it was interrupted.
 *
 * Throws `unreconciled` while a switch covers what must be put in doubt: claims stay stopped then.
 */
export async function reconcileLedger(p: {
  readonly url: string
  readonly by: string
  readonly unsure: UnsureRuns
}): Promise<Reconciled> {
  const ledger = await postgresLedger({ url: reconcilingUrl(p.url), poolSize: 2 })
  try {
    const { standing, why, lost } = await toReconcile(ledger)
    const reason = why ?? `${p.by} said so`
    // Nothing is claimed in between, whoever looks.
    await ledger.lives.stop({ why: reason, by: p.by, since: null })
    const { incarnation, released } = await raiseIncarnation(p)
    const kept: Kept[] = []
    for (const one of lost.filter(canBeKept)) kept.push(await keep(ledger, p.url, one))
    const since = p.unsure === 'none' ? null : sinceOf((await ledger.lives.standing()) ?? standing, lost)
    const runs = p.unsure === 'all' ? null : [...new Set(lost.map(({ runId }) => runId))]
    const unsure = await resumeClaims({ url: p.url, by: p.by, why: reason, since, runs, lost: kept.length })
    return { incarnation, released, kept, unsure, since }
  } finally {
    await ledger.close()
  }
}

async function keep(ledger: Ledger, url: string, lost: LostWrite): Promise<Kept> {
  const kept = lost.write && (await keepLost(ledger, systemEntropy, lost.write))
  if (!kept) {
    const say = `A kill switch covers run ${lost.runId}, so that its lost write cannot be put in doubt; release it first (midwatch ps). Claims stay stopped.`
    throw new MidwatchError('unreconciled', say)
  }
  await keptAs({ url, runId: lost.runId, seq: lost.seq, as: kept.runId })
  return kept
}

/** The earliest that anybody knows of; 0 where nobody knows anything. */
function sinceOf({ stopped }: Standing, lost: readonly LostWrite[]): number {
  const times = lost.flatMap(({ write }) => write?.at ?? [])
  if (stopped?.since != null) times.push(stopped.since)
  return times.length === 0 ? 0 : Math.min(...times)
}
