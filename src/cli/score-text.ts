import type { ScoreRow } from '../core/scores.js'
import { table } from '../core/text-table.js'
import { amount, clockTime } from './words.js'

/** Scores of a run, one a line; '' where there are none. */
export function scoresText(scores: readonly ScoreRow[]): string {
  if (scores.length === 0) return ''
  const rows = scores.map(({ name, value, by, who, at, usdMicros, reason }) => [
    name,
    String(Math.round(value * 1_000) / 1_000),
    who ?? by,
    clockTime(at),
    usdMicros === 0 ? '' : amount('usd', usdMicros),
    reason ?? '',
  ])
  return table(['score', 'value', 'by', 'at', 'cost', 'because'], rows)
}
