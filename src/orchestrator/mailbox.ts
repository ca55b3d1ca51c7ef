import type { Ledger } from '../core/ledger.js'
import type { Mail } from '../core/mail.js'
import type { RunRow } from '../core/run-row.js'

/** What has come for a run, as far as this activation has looked. */
export class Mailbox {
  mail: readonly Mail[] = []

  constructor(
    private readonly ledger: Pick<Ledger, 'mail'>,
    private readonly runId: string,
  ) {}

  /** The number of the last that was seen; 0 before the first. */
  get seen(): number {
    return this.mail.at(-1)?.no ?? 0
  }

  /** Looks at what has come meanwhile. True where something has. */
  async read(): Promise<boolean> {
    const before = this.seen
    const news = await this.ledger.mail({ runId: this.runId, after: before })
    this.mail = [...this.mail, ...news.filter(({ no }) => no > this.seen)]
    return this.seen > before
  }

  /** What came later than the claim makes the run due when it parks. */
  async readIfNew({ mailHead }: Pick<RunRow, 'mailHead'>): Promise<void> {
    if (mailHead > this.seen) await this.read()
  }
}
