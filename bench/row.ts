import type { Measured } from './comparison.js'

/** One line of the table. */
export interface Row {
  readonly what: string
  /** Runs, or clients, side by side. */
  readonly runs: number | null
  readonly measured: Measured | null
  /** Where it is not steps a second: the figure, with its unit. */
  readonly figure: string | null
  /** `0.71 of the floor`, and its like. */
  readonly ratio: string | null
  readonly targets: readonly Target[]
  /** What of it the charts show. */
  readonly points: readonly Point[]
}

/** One value of one chart. */
export interface Point {
  readonly chart: ChartName
  readonly who: string
  /** Runs side by side, where the chart is drawn over them. */
  readonly at?: number
  readonly value: number
}

export const CHARTS = ['throughput', 'latency', 'cpu', 'growth', 'storage', 'duplicates', 'recovery'] as const
export type ChartName = (typeof CHARTS)[number]

export interface Target {
  readonly text: string
  readonly met: boolean
  /** Holds on a quiet machine alone: it is an absolute figure. */
  readonly quiet: boolean
}

export function rowOf(row: Pick<Row, 'what'> & Partial<Row>): Row {
  return { runs: null, measured: null, figure: null, ratio: null, targets: [], points: [], ...row }
}
