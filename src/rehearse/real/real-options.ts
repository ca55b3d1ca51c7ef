import type { Ledger } from '../../core/ledger.js'

/** How cases are played over real processes. */
export interface RealOptions {
  /** Absolute path of the file that exports the scenario: each worker loads it. */
  readonly file: string
  /** A superuser's, or one who may create databases; default `DATABASE_URL`, else an embedded PostgreSQL for the time being. */
  readonly databaseUrl?: string
  /** How many times as fast as the machine's clock time goes; default 5. A lease and its heartbeats shrink with it. */
  readonly speed?: number
  /** Real ms within which a case must come to rest; default two minutes. */
  readonly patienceMs?: number
  /** Is shown the ledger as the case left it. */
  readonly look?: (ledger: Ledger) => Promise<void>
  /** Ends what is under way; the play rejects. */
  readonly stop?: AbortSignal
}
