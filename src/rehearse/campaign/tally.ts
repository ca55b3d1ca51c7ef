import type { FaultLayer, FaultName, Strike } from '../fault.js'
import { FAULT_LAYERS, FAULTS } from '../fault.js'
import type { Ruled, RunEnd, Verdict } from '../verdict.js'
import { brokenThings, type Row, thingKey } from './broken-thing.js'
import { type Case, exactly } from './case.js'
import { count, type Histogram, mergeHistogram } from './histogram.js'

/** Where a case stands in the grid: under each layer that struck it, or under `calm`. */
export const COLUMNS = ['calm', ...FAULT_LAYERS] as const
export type Column = 'calm' | FaultLayer

/** What became of one fault, counted in strikes. `survived`: of those that bit, the ones in cases that held. */
export interface FaultCount {
  readonly injected: number
  readonly bitten: number
  readonly survived: number
}

/** What became of one rule over all cases; `calm`: of those that it stopped, the ones in cases that nothing struck. */
export interface RuleCount extends Ruled {
  readonly calm: number
}

/** The most of something, and the case that had it. */
export interface Worst {
  readonly value: number
  readonly case: Case | null
}

export const SUMS = ['cases', 'broken', 'runs', 'acts', 'duplicates', 'stuck', 'usdMicros', 'virtualMs'] as const
export type Sum = (typeof SUMS)[number]
export const WORSTS = ['usdMicros', 'duplicates', 'stuck', 'tookMs'] as const
export type WorstOf = (typeof WORSTS)[number]

/** What many cases came to, in sums that merge. JSON: it crosses processes. */
export interface Tally {
  readonly sums: Record<Sum, number>
  /** Ended runs by outcome; `waiting` for those that wait for something with a name. */
  readonly outcomes: Record<string, number>
  /** Those of them in cases that nothing struck. */
  readonly calmOutcomes: Record<string, number>
  /** Runs that ended as exhausted, by the meter that had no room; and those of them in cases that nothing struck. */
  readonly exhausted: Record<string, number>
  readonly calmExhausted: Record<string, number>
  /** The same by story: `STORY` → how its calm runs ended. */
  readonly calmEnds: Record<string, Record<string, number>>
  /** By `AGENT/TOOL`. */
  readonly rules: Record<string, RuleCount>
  readonly faults: Partial<Record<FaultName, FaultCount>>
  /** Cases of each column, and how many of them broke each row. */
  readonly columns: Partial<Record<Column, number>>
  readonly broken: Partial<Record<Row, Partial<Record<Column, number>>>>
  /** Cases by each thing that they broke (`thingKey`). */
  readonly things: Record<string, number>
  readonly worst: Record<WorstOf, Worst>
  /** Virtual ms from admission to outcome, a run each; micro-dollars, a case each; strikes, a case each. */
  readonly tookMs: Histogram
  readonly spend: Histogram
  readonly strikes: Histogram
}

const NOTHING: Worst = { value: 0, case: null }

export function newTally(): Tally {
  return {
    sums: { cases: 0, broken: 0, runs: 0, acts: 0, duplicates: 0, stuck: 0, usdMicros: 0, virtualMs: 0 },
    outcomes: {},
    calmOutcomes: {},
    exhausted: {},
    calmExhausted: {},
    calmEnds: {},
    rules: {},
    faults: {},
    columns: {},
    broken: {},
    things: {},
    worst: { usdMicros: NOTHING, duplicates: NOTHING, stuck: NOTHING, tookMs: NOTHING },
    tookMs: {},
    spend: {},
    strikes: {},
  }
}

/** Counts one played case. */
export function tallyVerdict(tally: Tally, one: Case, verdict: Verdict): void {
  const { runs, acts, duplicates, stuck, usdMicros, virtualMs } = verdict
  add(tally.sums, {
    cases: 1,
    broken: verdict.ok ? 0 : 1,
    runs: runs.length,
    acts,
    duplicates,
    stuck,
    usdMicros,
    virtualMs,
  })
  for (const run of runs) {
    tallyEnd(tally, one.story, run, verdict.struck.length === 0)
    if (run.tookMs !== null) count(tally.tookMs, run.tookMs)
  }
  count(tally.spend, usdMicros)
  count(tally.strikes, verdict.struck.length)
  const tookMs = Math.max(0, ...runs.map((run) => run.tookMs ?? 0))
  const played = exactly(one, verdict)
  for (const [name, value] of Object.entries({ usdMicros, duplicates, stuck, tookMs }) as [WorstOf, number][]) {
    tally.worst[name] = worse(tally.worst[name], { value, case: value > 0 ? played : null })
  }
  tallyRules(tally, verdict)
  tallyFaults(tally, verdict)
  tallyGrid(tally, verdict)
}

/** Adds the sums of later cases to those of earlier ones. */
export function mergeTally(into: Tally, from: Tally): void {
  add(into.sums, from.sums)
  add(into.outcomes, from.outcomes)
  add(into.calmOutcomes, from.calmOutcomes)
  add(into.exhausted, from.exhausted)
  add(into.calmExhausted, from.calmExhausted)
  for (const [story, ends] of Object.entries(from.calmEnds)) addTo(into.calmEnds, story, ends)
  for (const [rule, counts] of Object.entries(from.rules)) into.rules[rule] = ruledMore(into.rules[rule], counts)
  add(into.columns, from.columns)
  add(into.things, from.things)
  for (const [row, cells] of entriesOf(from.broken)) add(cellsOf(into, row), cells)
  for (const [fault, counts] of entriesOf(from.faults)) into.faults[fault] = plus(into.faults[fault], counts)
  for (const name of WORSTS) into.worst[name] = worse(into.worst[name], from.worst[name])
  for (const name of ['tookMs', 'spend', 'strikes'] as const) mergeHistogram(into[name], from[name])
}

function tallyEnd(tally: Tally, story: string, { status, detail }: RunEnd, isCalm: boolean): void {
  const end = { [status ?? 'waiting']: 1 }
  add(tally.outcomes, end)
  if (isCalm) {
    add(tally.calmOutcomes, end)
    addTo(tally.calmEnds, story, end)
  }
  if (status !== 'exhausted' || detail === null) return
  add(tally.exhausted, { [detail]: 1 })
  if (isCalm) add(tally.calmExhausted, { [detail]: 1 })
}

function tallyRules(tally: Tally, { rules, struck }: Verdict): void {
  for (const [rule, counts] of Object.entries(rules)) {
    const calm = struck.length === 0 ? counts.stopped : 0
    tally.rules[rule] = ruledMore(tally.rules[rule], { ...counts, calm })
  }
}

function ruledMore(a: RuleCount = { allowed: 0, stopped: 0, calm: 0 }, b: RuleCount): RuleCount {
  return { allowed: a.allowed + b.allowed, stopped: a.stopped + b.stopped, calm: a.calm + b.calm }
}

function tallyFaults(tally: Tally, { struck, bitten, ok }: Verdict): void {
  const tell = ({ fault }: Strike, counts: FaultCount) => {
    tally.faults[fault] = plus(tally.faults[fault], counts)
  }
  for (const strike of struck) tell(strike, { injected: 1, bitten: 0, survived: 0 })
  for (const strike of bitten) tell(strike, { injected: 0, bitten: 1, survived: ok ? 1 : 0 })
}

function tallyGrid(tally: Tally, verdict: Verdict): void {
  const layers = new Set<Column>(verdict.struck.map(({ fault }) => FAULTS[fault].layer))
  const columns = layers.size === 0 ? new Set<Column>(['calm']) : layers
  const things = brokenThings(verdict)
  for (const thing of things) add(tally.things, { [thingKey(thing)]: 1 })
  const rows = new Set(things.map(({ row }) => row))
  for (const column of columns) {
    add(tally.columns, { [column]: 1 })
    for (const row of rows) add(cellsOf(tally, row), { [column]: 1 })
  }
}

function cellsOf(tally: Tally, row: Row): Partial<Record<Column, number>> {
  const cells = tally.broken[row] ?? {}
  tally.broken[row] = cells
  return cells
}

function plus(a: FaultCount = { injected: 0, bitten: 0, survived: 0 }, b: FaultCount): FaultCount {
  return { injected: a.injected + b.injected, bitten: a.bitten + b.bitten, survived: a.survived + b.survived }
}

/** The earlier one where they are equal, so that it does not matter who played what. */
const worse = (a: Worst, b: Worst): Worst => (b.value > a.value ? b : a)

function add(into: Record<string, number>, from: Readonly<Record<string, number | undefined>>): void {
  for (const [key, value] of Object.entries(from)) into[key] = (into[key] ?? 0) + (value ?? 0)
}

function addTo(
  into: Record<string, Record<string, number>>,
  name: string,
  from: Readonly<Record<string, number>>,
): void {
  const counts = into[name] ?? {}
  into[name] = counts
  add(counts, from)
}

function entriesOf<K extends string, V>(record: Partial<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][]
}
