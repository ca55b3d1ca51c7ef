import type { Notice } from '../../core/operated.js'
import type { EpochMs } from '../../core/time.js'

/** A notice that was not yet said to have arrived. */
interface Waiting {
  notice: Notice
  triedAt: EpochMs | null
}

/** What people must be told: each stays until it is said to have been sent. */
export class Notices {
  private readonly rows = new Map<string, Waiting>()
  private last = 0

  /** Answers with the notice's id, counted from 1. */
  leave(p: Omit<Notice, 'id' | 'tries'>): string {
    this.last += 1
    const id = String(this.last)
    this.rows.set(id, { notice: { ...p, id, tries: 0 }, triedAt: null })
    return id
  }

  /** Hands out those that were not tried within `retryAfterMs`, and counts the try. */
  take(p: { limit: number; retryAfterMs: number }, now: EpochMs): Notice[] {
    const taken: Notice[] = []
    for (const row of this.rows.values()) {
      if (taken.length >= p.limit) break
      if (row.triedAt !== null && row.triedAt + p.retryAfterMs > now) continue
      row.triedAt = now
      row.notice = { ...row.notice, tries: row.notice.tries + 1 }
      taken.push(row.notice)
    }
    return taken
  }

  sent(id: string): void {
    this.rows.delete(id)
  }
}
