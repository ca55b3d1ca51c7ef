import type { AlarmRow, DriftPoint, Release, Trip } from '../../core/drift.js'
import type { Run } from './runs.js'

type Row<T> = { -readonly [K in keyof T]: T[K] }

/** Points, releases, alarms and trips, each by what it is known by. */
export class DriftTable {
  readonly folded = new Set<string>()
  /** Ended runs that no point knows of, about in the order of their ends. */
  readonly waiting = new Set<Run>()
  readonly points = new Map<string, Row<DriftPoint>>()
  readonly releases = new Map<string, Release>()
  readonly alarms: AlarmRow[] = []
  readonly trips: Row<Trip>[] = []
}
