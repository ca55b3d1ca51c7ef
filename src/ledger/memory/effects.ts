import type { EffectRow } from '../../core/effect-row.js'
import type { EffectClaim } from '../../core/ops.js'
import type { EffectState } from '../../core/states.js'

/** An effect row that moves; EffectRow is its frozen copy. */
export type Effect = { -readonly [K in keyof EffectRow]: EffectRow[K] }

/** An attempt that surely acted, and the entry that holds its result or was confirmed by a receipt. */
type Acted = NonNullable<EffectRow['acted']> & { readonly attempt: number }

/** Effect rows, unique by (tenant, tool, key). A row is never deleted: it gets free again. */
export class Effects {
  private readonly rows = new Map<string, Effect>()

  get(tenant: string, tool: string, key: string): Effect | undefined {
    return this.rows.get(`${tenant}\u0000${tool}\u0000${key}`)
  }

  /** The row, if it still points at this entry of this run. */
  at(tenant: string, effect: { tool: string; key: string } | null | undefined, runId: string, seq: number) {
    if (!effect) return undefined
    const row = this.get(tenant, effect.tool, effect.key)
    return row?.runId === runId && row.seq === seq ? row : undefined
  }

  /** Takes the row for a new attempt; evidence goes on counting, so that nothing seen before can match again. */
  take(next: Omit<EffectRow, 'state' | 'attempt' | 'evidence' | 'undone' | 'acted'>): Effect {
    const before = this.get(next.tenant, next.tool, next.key)
    const { attempt = 0, evidence = 0, undone = 0, acted = null } = before ?? {}
    const row: Effect = { ...next, state: 'under_way', attempt: attempt + 1, evidence, undone, acted }
    this.rows.set(`${next.tenant}\u0000${next.tool}\u0000${next.key}`, row)
    return row
  }

  /** Copies, for callers. */
  list(p: { readonly state?: EffectState; readonly runId?: string }): EffectRow[] {
    return [...this.rows.values()]
      .filter((row) => (p.state === undefined || row.state === p.state) && (p.runId ?? row.runId) === row.runId)
      .map((row) => ({ ...row }))
  }
}

/**
 * An attempt that the row does not tell of any more is known to have acted. A free key is closed by that; one that another
 * attempt holds will be, whatever becomes of that attempt. False when it is no news.
 */
export function heardOf(row: Effect, { attempt, runId, seq, args }: Acted): boolean {
  if (attempt <= row.undone || row.state === 'performed') return false
  if (row.state === 'free') Object.assign(row, { state: 'performed', runId, seq, args })
  else row.acted ??= { runId, seq, args }
  return true
}

/** The present attempt did not act: the key is free, unless an earlier one is known to have acted. */
export function didNot(row: Effect): void {
  Object.assign(row, row.acted ? { state: 'performed', ...row.acted } : { state: 'free' })
  row.acted = null
}

/** Takes a confirmed key back, if it is still confirmed by the attempt that was seen when that was begun. */
export function takeBack(row: Effect | undefined, attempt: number): boolean {
  if (row?.state !== 'performed' || row.attempt !== attempt) return false
  row.state = 'free'
  row.undone = attempt
  return true
}

/** Which attempt at the other key a begin would take back: of a doubt that is sent again, the one that it had seen first. */
export function attemptToUndo(
  claim: EffectClaim,
  target: Effect | undefined,
  before: { readonly undoes?: { readonly tool: string; readonly key: string; readonly attempt: number } } | null,
): number {
  const { undoes } = claim
  if (before === null) return target?.state === 'performed' ? target.attempt : 0
  const same = before.undoes?.tool === undoes?.tool && before.undoes?.key === undoes?.key
  return same ? (before.undoes?.attempt ?? 0) : 0
}
