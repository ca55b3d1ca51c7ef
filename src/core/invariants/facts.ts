import type { EffectRow } from '../effect-row.js'
import type { Entry } from '../entries.js'
import type { Escalation } from '../escalation.js'
import type { Evidence, Mail } from '../mail.js'
import type { CeilingRow, MeterRow, SwitchRow } from '../operated.js'
import type { RunRow } from '../run-row.js'
import type { EpochMs } from '../time.js'
import type { WorkerRow } from '../workers.js'
import type { Family } from './families.js'

/** One run with everything that the ledger keeps about it. */
export interface RunFacts {
  readonly run: RunRow
  /** Its journal, in order. */
  readonly entries: readonly Entry[]
  /** What was posted to it: answers of people, messages, cancels. */
  readonly mail: readonly Mail[]
  /** Effect rows that point at an entry of this run. */
  readonly effects: readonly EffectRow[]
  /** Receipts of its calls that came late. */
  readonly evidence: readonly Evidence[]
  /** What it has put before people, answered or not. */
  readonly escalations: readonly Escalation[]
}

/** What holds for every run. */
export interface WorldFacts {
  /** By the ledger's clock. */
  readonly now: EpochMs
  /** Every engage and release there ever was, in order of epoch. */
  readonly switches: readonly SwitchRow[]
  readonly workers: readonly WorkerRow[]
}

/** What is looked at when every journal was read. */
export interface TotalFacts {
  readonly meters: readonly MeterRow[]
  /** Keys (`meterKey`, `ownMeterKey`) of meters that moved while journals were read; they cannot be judged this time. */
  readonly moving: ReadonlySet<string>
  /** Every run that has runs below it. */
  readonly families: ReadonlyMap<string, Family>
}

/** A whole ledger in memory, for small ones: rehearsals and property tests. */
export interface LedgerFacts extends WorldFacts {
  readonly runs: readonly RunRow[]
  readonly entries: ReadonlyMap<string, readonly Entry[]>
  readonly mail: ReadonlyMap<string, readonly Mail[]>
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>
  readonly effects: readonly EffectRow[]
  readonly escalations: readonly Escalation[]
  readonly meters: readonly MeterRow[]
  readonly ceilings: readonly CeilingRow[]
}

/** One text for a meter's row: scope, meter, per and window. */
export function meterKey(row: Pick<MeterRow, 'scope' | 'meter' | 'per' | 'window'>): string {
  return `${row.scope}\n${row.meter}\n${row.per}\n${row.window}`
}
