import type { SwitchRow } from '../../core/operated.js'
import type { SwitchMode } from '../../core/ops.js'
import type { Claimed } from '../../core/run-row.js'
import type { EpochMs } from '../../core/time.js'

/** Kill switches. Every engage and release that moves one raises the epoch. */
export class Switches {
  epoch = 0
  readonly history: SwitchRow[] = []
  private readonly rows = new Map<string, SwitchRow>()

  /** Engaged once more, a scope changes its mode and gets a new epoch. */
  engage(p: { scope: string; mode: SwitchMode; by: string; reason?: string }, at: EpochMs): void {
    const { scope, mode, by, reason = null } = p
    this.move({ scope, mode, engaged: true, by, reason, at })
  }

  /** False when there was nothing to release. */
  release(scope: string, by: string, at: EpochMs): boolean {
    const row = this.rows.get(scope)
    if (!row?.engaged) return false
    this.move({ ...row, engaged: false, by, at })
    return true
  }

  /** Every move stays: a verifier must see which kill covered which intent. */
  private move(next: Omit<SwitchRow, 'epoch'>): void {
    this.epoch += 1
    const row = { ...next, epoch: this.epoch }
    this.rows.set(row.scope, row)
    this.history.push(row)
  }

  /** The engaged switch that covers any of these scopes: `end` before `hold`, then by scope. */
  covering(scopes: readonly string[], tool: string | null = null): Claimed['switched'] {
    let found: SwitchRow | undefined
    for (const scope of tool === null ? scopes : [...scopes, `tool:${tool}`]) {
      const row = this.rows.get(scope)
      if (row?.engaged && (!found || before(row, found))) found = row
    }
    return found ? { scope: found.scope, mode: found.mode, by: found.by } : null
  }

  list(): SwitchRow[] {
    return [...this.rows.values()]
  }
}

/** `end` weighs more than `hold`; among equals the scope decides, so that everyone hears the same. */
function before(a: SwitchRow, b: SwitchRow): boolean {
  return a.mode === b.mode ? a.scope < b.scope : a.mode === 'end'
}
