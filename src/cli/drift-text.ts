import { showUsd } from '../core/money.js'
import { table } from '../core/text-table.js'
import type { Alarm, Drifted, DriftedAgent, Week } from '../runtime/drift/drifted.js'
import { spark } from './spark.js'
import { tripText } from './trip-text.js'
import { fromNow, many, span, stamp } from './words.js'

const HEADS = ['week of', 'version', 'runs', 'done', 'tokens', 'reasoning', 'usd', 'att/step', 'slope', 'p50', 'p95']
const MORE = ['refused', 'asked', 'signals', 'failed', 'under way', 'scores']

/** What an agent's runs came to, week by week, with what changed and what that tripped. */
export function agentText(one: DriftedAgent, p: { readonly now: number; readonly sparks: boolean }): string {
  const { agent, weeks, versions, alarms, trips, tokensAgainstLoad: ranks } = one
  const perVersion = versions.length > 1 ? versions.flatMap((version) => version.weeks) : []
  return [
    `${agent}: ${many(weeks.length, 'week')}`,
    weeks.length === 0 ? 'No run of it ended in that time.' : table([...HEADS, ...MORE], rowsOf(one, weeks)),
    p.sparks && weeks.length > 1 ? sparksOf(weeks) : '',
    perVersion.length === 0
      ? ''
      : `By version:\n${table(
          [...HEADS, ...MORE],
          perVersion.map((week) => rowOf(week)),
        )}`,
    signalsText([...weeks, ...perVersion]),
    one.releases.map(({ version, at }) => `Version ${version} since ${stamp(at)}.`).join(' '),
    ranks === null ? '' : `Tokens against load, day by day: ${ranks.toFixed(2)} (1: dearer the more is under way).`,
    alarms.length === 0 ? 'No change was found.' : alarms.map(alarmText).join('\n'),
    trips.map((trip) => tripText(trip, p.now)).join('\n'),
  ]
    .filter(Boolean)
    .join('\n')
}

function rowsOf({ releases }: DriftedAgent, weeks: readonly Week[]): string[][] {
  return weeks.map((week) => {
    const began = releases.filter(({ at }) => at >= week.week && at < week.week + 7 * 86_400_000)
    return rowOf(week, began.map(({ version }) => `▸${version}`).join(' '))
  })
}

function rowOf(week: Week, marker = week.version === null ? '' : String(week.version)): string[] {
  const of = (value: number | null, digits = 0) => (value === null ? '' : value.toFixed(digits))
  const signals = Object.values(week.signals).reduce((sum, hits) => sum + hits, 0)
  return [
    stamp(week.week).slice(0, 10),
    marker,
    String(week.runs),
    String(week.completed),
    ...[of(week.tokens), of(week.reasoningTokens), week.usdMicros === null ? '' : showUsd(Math.round(week.usdMicros))],
    ...[of(week.attemptsPerStep, 2), of(week.contextSlope), time(week.latencyMs.p50), time(week.latencyMs.p95)],
    ...[String(week.refusals), String(week.escalations), String(signals), ownersOf(week), week.underWay.toPrecision(2)],
    Object.entries(week.scores)
      .map(([name, mean]) => `${name} ${mean.toFixed(2)}`)
      .join(' '),
  ]
}

/** Rates of signals by name: hits a run. */
function signalsText(weeks: readonly Week[]): string {
  const names = [...new Set(weeks.flatMap(({ signals }) => Object.keys(signals)))].sort()
  if (names.length === 0) return ''
  const rows = weeks.map(({ week, version, runs, signals }) => [
    stamp(week).slice(0, 10),
    version === null ? 'all' : String(version),
    ...names.map((name) => (runs === 0 ? '' : ((signals[name] ?? 0) / runs).toFixed(3))),
  ])
  return `Signals a run:\n${table(['week of', 'version', ...names], rows)}`
}

const time = (ms: number | null): string => (ms === null ? '' : span(Math.round(ms)))

function ownersOf({ outcomes, owners }: Week): string {
  const by = Object.entries(owners).map(([owner, count]) => `${owner} ${count}`)
  return by.length === 0 ? String(outcomes.failed ?? 0) : by.join(' ')
}

function sparksOf(weeks: readonly Week[]): string {
  const lines: (readonly [string, (week: Week) => number | null])[] = [
    ['tokens', (week) => week.tokens],
    ['usd', (week) => week.usdMicros],
    ['attempts', (week) => week.attemptsPerStep],
    ['p95', (week) => week.latencyMs.p95],
    ['refused a run', (week) => (week.runs === 0 ? null : week.refusals / week.runs)],
  ]
  return lines.map(([name, of]) => `${name.padEnd(14)} ${spark(weeks.map(of))}`).join('\n')
}

/** `WORSE tokens: 4100 → 6300 (+54 %) since 2026-03-02 with version 7, seen on 2026-03-04.` */
export function alarmText({ measure, meaning, before, after, since, day, version, seen }: Alarm): string {
  const share =
    before === 0 ? '' : ` (${after >= before ? '+' : ''}${((100 * (after - before)) / before).toFixed(0)} %)`
  const change = `${levelText(measure, before)} → ${levelText(measure, after)}${share}`
  const by = version === null ? '' : ` with version ${version}`
  const on = stamp(day).slice(0, 10)
  return `${meaning.toUpperCase()} ${measure}: ${change} since ${stamp(since).slice(0, 10)}${by}, shown by ${on} over ${seen}.`
}

function levelText(measure: string, level: number): string {
  if (measure === 'usd') return showUsd(Math.round(level))
  if (measure === 'latency' || measure === 'active') return span(Math.round(level))
  return level >= 100 ? level.toFixed(0) : level.toPrecision(3)
}

export function progressText({ progress, now }: Drifted): string {
  const { waiting, oldest, lost } = progress
  const gone = lost === 0 ? '' : ` ${many(lost, 'run')} had been pruned before: no week knows of them.`
  if (waiting === 0) return `Every run that has ended is counted.${gone}`
  return `${many(waiting, 'run')} that ended ${oldest === null ? '' : `since ${fromNow(oldest, now)} `}are not counted yet; midwatch start counts them, or --rebuild.${gone}`
}
