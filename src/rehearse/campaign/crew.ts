import type { Case } from './case.js'
import type { How, Played } from './played.js'

/** Whoever plays cases for a campaign: this process, or several others. */
export interface Crew {
  /** Cases played so far, lost ones too. */
  readonly done: number
  /**
   * What the cases came to, in their order, whoever played them. Batches may be handed in while earlier ones are played;
   * each player gets cases in the order of the batches. Once the crew is closed it gives what the first cases came to, as
   * far as they were played, and rejects with `Stopped` where none was.
   */
  play(cases: readonly Case[], how?: How): Promise<Played>
  /** Ends at once what is under way. */
  close(): void
}

/** What a crew rejects with when it is closed over cases that it has not played. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}
