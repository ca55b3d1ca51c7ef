import type { EpochMs } from './time.js'

/**
 * Who says it. code: a function of the outcome and the journal · verifier: a model that was asked · person: a thumb ·
 * reopened: the same case came back.
 */
export const SCORE_SOURCES = ['code', 'verifier', 'person', 'reopened'] as const
export type ScoreSource = (typeof SCORE_SOURCES)[number]

/** A number for how good the outcome of a run was, with who said so. */
export interface ScoreRow {
  readonly runId: string
  readonly agent: string
  readonly version: number
  readonly tenant: string
  readonly name: string
  /** From 0 to 1. */
  readonly value: number
  readonly by: ScoreSource
  /** Of a person: who it was. null for all others. */
  readonly who: string | null
  readonly at: EpochMs
  /** What it cost to find out. */
  readonly usdMicros: number
  readonly reason: string | null
}

/** A score that is made with a run's end, and written with it. */
export type EndScore = Pick<ScoreRow, 'name' | 'value'>

/** Scores of one name, of the runs of one version that ended in one week: from them follow mean and spread. */
export interface WeekOfScores {
  readonly agent: string
  readonly version: number
  readonly name: string
  /** When the week began: Monday 00:00 UTC. */
  readonly week: EpochMs
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
}

/** Scores of runs that have ended. They outlive the journals of their runs; erasing a run's words takes their reasons. */
export interface Scores {
  /**
   * One of each name and source for a run: the first stays (`unchanged`). Of a person the last word holds; `unchanged` when it
   * was the same. Only what has ended can be scored (`not_ended`). `value` is what `isScore` takes.
   */
  add(
    p: Pick<ScoreRow, 'runId' | 'name' | 'value' | 'by'> & Partial<Pick<ScoreRow, 'who' | 'usdMicros' | 'reason'>>,
  ): Promise<{ readonly code: 'ok' | 'unchanged' | 'not_ended' | 'unknown_run' }>
  /** In order of time and name. */
  of(p: { readonly runId: string }): Promise<ScoreRow[]>
  /** By version, name and week, from the week that `since` lies in: a score counts for the week in which its run ended. */
  weekly(p: { readonly agent: string; readonly since: EpochMs }): Promise<readonly WeekOfScores[]>
}

export const isScore = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1
