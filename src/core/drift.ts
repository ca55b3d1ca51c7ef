import type { Window } from './meters.js'
import type { RunRow } from './run-row.js'
import type { EpochMs } from './time.js'

/** Sums by name: counts, moments and buckets of sketches. Two are put together by adding what has the same name. */
export type Tally = Readonly<Record<string, number>>

/** Calendar spans, UTC. Weeks are made of days; hours are kept for a while, for tripwires. */
export const DRIFT_SPANS = ['hour', 'day'] as const
export type DriftSpan = (typeof DRIFT_SPANS)[number]

/** What the runs of one version of an agent came to that ended in one span; `at` is its start. */
export interface DriftPoint {
  readonly agent: string
  readonly version: number
  readonly span: DriftSpan
  readonly at: EpochMs
  readonly tally: Tally
}

/** Scores of one name, of the runs of one version that ended on one day. */
export interface DayOfScores {
  readonly agent: string
  readonly version: number
  readonly name: string
  /** The day, its start. */
  readonly at: EpochMs
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
}

/** When the first run of a version was started, of those that were folded. */
export interface Release {
  readonly agent: string
  readonly version: number
  readonly at: EpochMs
}

/** A change that was found, as people are told of it; `body` is canonical JSON text. */
export interface AlarmRow {
  readonly agent: string
  readonly measure: string
  readonly direction: 'up' | 'down'
  /** The day on which it was found, its start. */
  readonly day: EpochMs
  readonly body: string
  readonly at: EpochMs
}

/** What a tripwire does, all of it tightening. */
export type TripAct =
  | { readonly kind: 'tell' }
  | { readonly kind: 'hold' | 'end' }
  | {
      readonly kind: 'ceilings'
      /** Smallest units; each is set only where no lower one stands. */
      readonly limits: readonly { readonly meter: string; readonly per: Window; readonly limit: number }[]
    }

/** A tripwire that tripped. It stands until a person releases what it engaged. */
export interface Trip {
  readonly no: number
  readonly agent: string
  readonly wire: string
  /** `agent:NAME`. */
  readonly scope: string
  readonly act: TripAct
  /** What it was judged by: canonical JSON text. */
  readonly evidence: string
  readonly at: EpochMs
  readonly releasedAt: EpochMs | null
  readonly releasedBy: string | null
}

/** How far the series are: ended runs that are in no point yet. */
export interface DriftProgress {
  readonly waiting: number
  /** When the one of them that ended first ended. */
  readonly oldest: EpochMs | null
  /** Runs whose journals were pruned before they were folded: no point knows of them. */
  readonly lost: number
}

/**
 * Series of what runs came to, folded from their journals; a projection, which can be made anew as long as the journals are
 * there. Each ended run is counted once, whoever folds and however often.
 */
export interface Drift {
  /** Ended runs that are in no point yet, those that ended first first. */
  unfolded(p: { readonly limit: number }): Promise<RunRow[]>
  /**
   * Adds to points, in one transaction, what these runs come to. `moved`: one of them is folded already, or has not ended, and
   * nothing was done.
   */
  fold(p: {
    readonly runs: readonly string[]
    readonly points: readonly DriftPoint[]
    readonly releases: readonly Release[]
  }): Promise<{ readonly code: 'ok' | 'moved' }>
  /** By agent, version and time. */
  points(p: { readonly agent?: string; readonly span: DriftSpan; readonly since: EpochMs }): Promise<DriftPoint[]>
  releases(p: { readonly agent?: string }): Promise<Release[]>
  /** Scores by version, name and day: they come when they come, and count for the day on which their run ended. */
  scores(p: { readonly agent: string; readonly since: EpochMs }): Promise<DayOfScores[]>
  progress(): Promise<DriftProgress>
  /** Forgets hours before that time: days remain. How many points. */
  forget(p: { readonly until: EpochMs }): Promise<number>
  /**
   * The points of a day are taken away and its runs are to be folded anew; hours in it go too. `pruned`: a journal of that day
   * is gone, so its points stay as they are.
   */
  refold(p: { readonly day: EpochMs }): Promise<{ readonly code: 'ok' | 'pruned'; readonly runs: number }>
  /** Writes down an alarm and leaves a notice; `known` where one of the same measure and direction is within `withinMs` of it. */
  alarm(p: Omit<AlarmRow, 'at'> & { readonly withinMs: number }): Promise<{ readonly code: 'ok' | 'known' }>
  /** In order of their days. */
  alarms(p: { readonly agent?: string; readonly since: EpochMs }): Promise<AlarmRow[]>
  /**
   * Writes down that a tripwire tripped, engages what it engages and leaves a notice, in one transaction. `standing`: it tripped
   * before and nobody has released it. `early`: what it was judged by began before it was last released. It never loosens: a
   * switch that is engaged stays as it is, and so does a lower ceiling.
   */
  trip(p: {
    readonly agent: string
    readonly wire: string
    readonly act: TripAct
    readonly evidence: string
    readonly since: EpochMs
  }): Promise<{ readonly code: 'ok' | 'standing' | 'early' }>
  /** A person says that a tripwire which engaged nothing may trip again. */
  rearm(p: {
    readonly agent: string
    readonly wire: string
    readonly by: string
  }): Promise<{ readonly code: 'ok' | 'unchanged' }>
  /** In order of `no`. */
  trips(p: { readonly agent?: string; readonly since?: EpochMs; readonly standing?: boolean }): Promise<Trip[]>
}
