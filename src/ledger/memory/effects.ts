import type { EffectRow } from '../../core/ledger.js'
import type { EffectState } from '../../core/states.js'

/** An effect row that moves; EffectRow is its frozen copy. */
export type Effect = { -readonly [K in keyof EffectRow]: EffectRow[K] }

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
  take(next: Omit<EffectRow, 'state' | 'attempt' | 'evidence'>): Effect {
    const before = this.get(next.tenant, next.tool, next.key)
    const row: Effect = {
      ...next,
      state: 'under_way',
      attempt: (before?.attempt ?? 0) + 1,
      evidence: before?.evidence ?? 0,
    }
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
