import { CASES, type Case } from '../night/cases.js'
import type { Ended } from '../night/ended.js'
import type { NightRecord } from '../night/run-night.js'
import type { WrittenFact } from '../world/witness.js'
import { ALONE_USD, BUDGET_USD, duplicates, extraRefunds, spendByCase, sum } from './count.js'

/** One case as both desks left it. */
export interface CaseRow {
  readonly name: string
  readonly shows: string
  readonly outcome: string
  readonly why: string
  readonly steps: number
  readonly retries: number
  readonly modelUsd: number
  /** What the naive desk did here and this one did not; '' where both did the same. */
  readonly prevented: string
  readonly runIds: readonly string[]
}

/** A row for each case of the sample inbox, in its order. */
export function caseRows(record: NightRecord): CaseRow[] {
  return CASES.map((one) => caseRow(record, one))
}

function caseRow(record: NightRecord, one: Case): CaseRow {
  const ours = endsOf(record, one, 'midwatch')
  const facts = record.facts.midwatch.filter((fact) => fact.orderId === one.orderId)
  return {
    name: one.name,
    shows: one.shows,
    outcome: [...new Set(ours.map((end) => end.status))].join(', '),
    why: [...new Set(ours.map((end) => end.why))].join(' / '),
    steps: sum(ours.map((end) => end.steps)),
    retries: sum(ours.map((end) => end.retries)),
    modelUsd: spendByCase(facts).get(one.orderId) ?? 0,
    prevented: preventedIn(record, one, facts),
    runIds: ours.map((end) => end.runId),
  }
}

/** One end for each run: a message delivered twice is one run. */
function endsOf(record: NightRecord, one: Case, side: 'midwatch' | 'naive'): Ended[] {
  const ends = record.ended.filter((end) => end.side === side && end.delivery.case === one)
  return ends.filter((end, index) => end.runId === '' || ends.findIndex((e) => e.runId === end.runId) === index)
}

/** Read off the naive desk's own facts; nothing is assumed. */
function preventedIn(record: NightRecord, one: Case, ours: readonly WrittenFact[]): string {
  const theirs = record.facts.naive.filter((fact) => fact.orderId === one.orderId)
  const ends = endsOf(record, one, 'naive')
  const count = (facts: readonly WrittenFact[], deed: string) => facts.filter((fact) => fact.deed === deed).length
  const usd = sum(extraRefunds(theirs).map((fact) => fact.amount)) / 100
  const spent = sum([...spendByCase(theirs).values()])
  const alone = theirs.find((fact) => fact.deed === 'refund' && fact.amount > ALONE_USD * 100)
  const mails = count(theirs, 'email') - count(ours, 'email')
  const said = [
    usd > 0 && `$${usd.toFixed(2)} paid again`,
    usd === 0 && duplicates(theirs) > duplicates(ours) && 'done twice',
    alone && `$${(alone.amount / 100).toFixed(0)} paid unasked`,
    spent > BUDGET_USD && `$${spent.toFixed(2)} of model calls`,
    mails > 2 && `${mails} more e-mails`,
    ends.some((end) => end.status === 'crashed' || end.status === 'stuck') && 'silence',
    count(ours, 'refund') > 0 && count(theirs, 'refund') === 0 && 'a customer not paid',
  ]
  return said.filter(Boolean).join(', ')
}
