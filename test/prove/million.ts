import { middle, million, quantile } from '../million/million.js'
import { withDatabase } from './with-database.js'

export const name = 'million'
export const about =
  'a million waiting runs (MIDWATCH_MILLION) under an open snapshot: what claims cost as old row versions pile up, memory, and a wake by mail'

const waiting = Number(process.env.MIDWATCH_MILLION ?? 1_000_000)
const PLAN = { waiting, sleepers: 200, stirred: 64_000, wakes: 400 }
const CLAIM_P99_MS = 10
const WAKE_MEDIAN_MS = 50
const RSS_MB = 250

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const { stirs, claims, wakes, rssBytes } = await million(PLAN, (line) => console.log(`  ${line}`))
    const tenth = Math.floor(stirs.length / 10)
    console.log(
      `  claims of 32, and of 8 once versions pile up: p50 ${ms(middle(stirs.slice(0, tenth)))} at first, ${ms(middle(stirs.slice(-tenth)))} at last`,
    )
    const all = [...stirs, ...claims]
    const p99 = quantile(all, 0.99)
    const rss = rssBytes / 2 ** 20
    const wake = middle(wakes)
    const summary = [
      `${all.length} claims, p50 ${ms(middle(all))}, p99 ${ms(p99)} (limit ${CLAIM_P99_MS}), most ${ms(Math.max(...all))}; the worker's own ${claims.length}: p99 ${ms(quantile(claims, 0.99))}`,
      `the worker had at most ${rss.toFixed(0)} MB (limit ${RSS_MB})`,
      `${wakes.length} wakes by mail, median ${ms(wake)} (limit ${WAKE_MEDIAN_MS}), p99 ${ms(quantile(wakes, 0.99))}`,
    ]
    const ok = p99 <= CLAIM_P99_MS && rss < RSS_MB && wake <= WAKE_MEDIAN_MS
    return { summary: summary.map((line) => `\n  ${line}`).join(''), ok }
  })
}

const ms = (value: number): string => `${value.toFixed(1)} ms`
