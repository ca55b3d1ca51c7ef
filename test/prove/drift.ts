// Simulated weeks with a known change: found within a week, at no more than one false alarm in a year of an agent; broken ones are caught.
import { type Surprise, surpriseOf } from '../../src/govern/drift/alarms.js'
import {
  falseAlarms,
  type Known,
  medianDelay,
  type Played,
  PROMISED,
  play,
  SMALLER,
  shareFound,
} from '../drift/found.js'

export const name = 'drift'
export const about =
  'changes of simulated weeks: the share found within a week, how late, and false alarms in agent-years'

const SEEDS = 50
/** Usual days of a small agent and of a busy one. */
const LOADS = [40, 200]
/** Of the changes that are promised, each kind in each load. */
const SHARE = 0.95
const FALSE_A_YEAR = 1

/** Detectors that are broken, and would pass if this proof could not fail. */
const BROKEN: Readonly<Record<string, Surprise>> = {
  'sees nothing': () => 0,
  'sees twice as much as there is': (day, before) => 2 * surpriseOf(day, before),
  'takes more for less': (day, before) => -surpriseOf(day, before),
}

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const from = Number(process.env.MIDWATCH_SEED ?? 1)
  const seeds = Array.from({ length: SEEDS }, (_, i) => from + i)
  const judged = LOADS.map((load) => judge(seeds, load))
  const caught = Object.entries(BROKEN).filter(([what, surprise]) => {
    const { ok } = judge(seeds.slice(0, 10), 40, surprise, false)
    console.log(`   a detector that ${what}: ${ok ? 'NOT CAUGHT' : 'caught'}`)
    return !ok
  })
  const told = judged.map((one) => one.told).join('; ')
  const summary = `${SEEDS} seeds from ${from}: ${told}; ${caught.length} of ${Object.keys(BROKEN).length} broken detectors caught`
  return { summary, ok: judged.every(({ ok }) => ok) && caught.length === Object.keys(BROKEN).length }
}

function judge(
  seeds: readonly number[],
  load: number,
  surprise?: Surprise,
  isTold = true,
): { ok: boolean; told: string } {
  const played = PROMISED.map((known) => play(known, seeds, load, surprise))
  const alarms = falseAlarms(seeds, load, surprise)
  const aYear = alarms.length / seeds.length
  if (isTold) {
    for (const one of played) tell(load, one)
    for (const known of SMALLER) tell(load, play(known, seeds, load), 'not promised')
  }
  const least = Math.min(...played.map(shareFound))
  const all = played.reduce((sum, one) => sum + shareFound(one), 0) / played.length
  const delays = played.map((one) => medianDelay(one) ?? Number.POSITIVE_INFINITY)
  const told = `${load} runs a day: ${percent(all)} found within a week (least ${percent(least)}), median delay at most ${Math.max(...delays)} days, ${aYear.toFixed(2)} false alarms an agent-year`
  return { ok: least >= SHARE && aYear <= FALSE_A_YEAR, told }
}

function tell(load: number, one: Played, note = ''): void {
  const how = changeText(one.known)
  const with7 = percent(one.attributed / Math.max(1, one.delays.filter((delay) => delay !== null).length))
  console.log(
    `   ${String(load).padStart(3)} runs a day, ${how.padEnd(34)} found ${percent(shareFound(one)).padStart(5)}, median after ${medianDelay(one) ?? '-'} days, with its version ${with7} ${note}`,
  )
}

const changeText = ({ habit, factor, rampDays }: Known): string =>
  `${habit} × ${factor}${rampDays === 0 ? '' : ` over ${rampDays} days`}`
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
