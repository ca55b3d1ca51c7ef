import type { NightRecord } from '../night/run-night.js'
import { type CaseRow, caseRows } from './case-rows.js'
import { type Tally, tally } from './count.js'
import { textTable } from './text-table.js'

/** The night in numbers; `--json` prints it as it is. */
export interface Report {
  readonly seed: number
  readonly tenant: string
  readonly tookMs: number
  readonly naive: Tally
  readonly midwatch: Tally
  readonly cases: readonly CaseRow[]
  /** No duplicate, no money without approval, no budget passed, nobody left waiting. */
  readonly held: boolean
}

/** Judges a night: `held` is what the exit code of `npm start` rests on. */
export function reportOf(record: NightRecord): Report {
  const [naive, midwatch] = [tally(record, 'naive'), tally(record, 'midwatch')]
  const broken = midwatch.duplicates + midwatch.unapprovedUsd + midwatch.overBudget + midwatch.stuckOrSilent
  const { seed, tenant, tookMs } = record
  return { seed, tenant, tookMs, naive, midwatch, cases: caseRows(record), held: broken === 0 }
}

const usd = (dollars: number, digits = 2) => `$${dollars.toFixed(digits)}`
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

/** The rows of the first table: what it is called, and how a tally says it. */
const ROWS: readonly (readonly [string, (t: Tally) => string])[] = [
  ['messages delivered', (t) => String(t.messages)],
  ['duplicates', (t) => String(t.duplicates)],
  ['payments made twice', (t) => String(t.paidTwice)],
  ['dollars paid twice', (t) => usd(t.paidTwiceUsd)],
  ['dollars paid that a person had to approve', (t) => usd(t.unapprovedUsd)],
  ['cases over their budget of $0.25', (t) => String(t.overBudget)],
  ['messages stuck or silent', (t) => String(t.stuckOrSilent)],
  ['messages handed to a person', (t) => String(t.handedOver)],
  ['spent on model calls', (t) => usd(t.modelUsd)],
  ['latency p50', (t) => seconds(t.p50Ms)],
  ['latency p95', (t) => seconds(t.p95Ms)],
  ['between first and last try of a payment', (t) => seconds(t.retriesMs)],
]

/** Both tables, the line that matters, and what to look at next. */
export function reportLines(report: Report): string[] {
  const { naive, midwatch, cases } = report
  const rows = ROWS.map(([name, show]) => [name, show(naive), show(midwatch)])
  const looked = cases.find((row) => row.name === 'lost answer')?.runIds[0] ?? ''
  return [
    '',
    ...textTable(['the same night', 'naive', 'midwatch'], rows),
    '',
    ...textTable(
      ['case', 'outcome', 'why', 'steps', 'retries', 'model', 'prevented'],
      cases.map((row) => [
        row.name,
        row.outcome,
        row.why,
        String(row.steps),
        String(row.retries),
        usd(row.modelUsd, 3),
        row.prevented || '–',
      ]),
      40,
    ),
    '',
    `Midwatch: duplicates ${midwatch.duplicates}. Counted from the journal that shop, provider and model kept themselves.`,
    `Latencies are of messages that no person was asked about. Night ${report.seed} took ${seconds(report.tookMs)}.`,
    '',
    'The ledger stays. Next:',
    '  npx midwatch ps --all',
    `  npx midwatch why ${looked}`,
    `  npx midwatch run refund-desk --input '{"message":"Please refund order 1023"}'`,
    'Write your own message; above $100 it waits for a person: npx midwatch inbox',
  ]
}
