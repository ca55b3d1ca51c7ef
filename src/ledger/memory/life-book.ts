import type { LostWrite, Stopped } from '../../core/lives.js'

/** What is known of the lives of a ledger in memory: it has one, and it can be stopped. */
export class LifeBook {
  stopped: Stopped | null = null
  readonly lost = new Map<string, LostWrite>()
}
