import { table } from '../../core/text-table.js'
import { saidOf } from '../campaign/broken-thing.js'
import { showStrike } from '../campaign/strike-text.js'
import { FAULT_NAMES, FAULTS } from '../fault.js'
import { endsOf } from './ends.js'
import { counted, rate, share, storiesText, took, whole } from './figures.js'
import { columnsOf, gridOf } from './grid.js'
import { hintsOf } from './hints.js'
import type { BreakReport, Report, ScenarioReport } from './report.js'
import { sidesOf } from './sides.js'

const LOST_SHOWN = 5
const STRIKES_SHOWN = 6

/** A rehearsal for a terminal: figures, and what broke with the command that plays it again. */
export function scorecard(report: Report): string {
  const { cases, runs, tookMs, casesPerSecond, processes, seed, midwatch, node } = report
  const head = `${whole(cases)} cases, ${whole(runs)} runs in ${took(tookMs)} (${whole(casesPerSecond)} cases/s, ${counted(processes, 'process')}); seed ${seed}, midwatch ${midwatch}, node ${node}`
  const early = report.stopped ? ['It was stopped; this is what was known by then.'] : []
  return [...report.scenarios.map(section), [head, ...early, ...verdict(report)].join('\n')].join('\n\n')
}

function verdict({ scenarios, cases }: Report): string[] {
  const broken = scenarios.reduce((sum, { tally, lost }) => sum + tally.sums.broken + lost.length, 0)
  if (cases === 0) return ['Nothing was played.']
  if (broken > 0) return [`${whole(broken)} of ${whole(cases)} cases broke something.`]
  return [`No violation in ${whole(cases)} cases: below ${rate(Math.min(1, 3 / cases))} (3/N) at 95 %.`]
}

function section(one: ScenarioReport): string {
  const heading = `${one.name}  (${storiesText(one.stories.length)}, ${one.file})`
  const parts = [
    how(one),
    ends(one),
    hintsOf(one.tally).join('\n'),
    grid(one),
    faults(one),
    coverage(one),
    sides(one),
    lost(one),
    ...one.breaks.map(broke),
  ]
  return [`${heading}\n${'─'.repeat(heading.length)}`, ...parts.filter((part) => part !== '')].join('\n\n')
}

function how({ enumerated, explored }: ScenarioReport): string {
  const lines: string[] = []
  if (enumerated) {
    const { singles, pairs } = enumerated
    lines.push(
      `enumerated  ${whole(singles.done)} of ${whole(singles.possible)} single faults (${share(singles.done, singles.possible)}; ${whole(singles.idle)} had nothing to strike), ${whole(pairs.done)} of ${whole(pairs.possible)} pairs`,
    )
  }
  if (explored) {
    const { cases, mutated, shapes, corpus } = explored
    lines.push(
      `explored    ${whole(cases)} cases: ${whole(cases - mutated)} seeds, ${whole(mutated)} from ${whole(corpus)} cases that led somewhere new; ${whole(shapes)} shapes of journals`,
    )
  }
  return lines.join('\n')
}

function ends({ tally }: ScenarioReport): string {
  const rows = endsOf(tally).map(({ end, calm, struck }) => [end, whole(calm), whole(struck)])
  return rows.length === 0 ? '' : table(['runs ended', 'calm', 'under faults'], rows)
}

function grid({ tally }: ScenarioReport): string {
  const columns = columnsOf(tally)
  const rows = gridOf(tally).map(({ row, name, cells }) => [
    row === 'expectations' ? name : `${row} ${name}`,
    ...cells.map(({ broken }) => whole(broken)),
  ])
  const counts = ['cases', ...columns.map((column) => whole(tally.columns[column] ?? 0))]
  return table(['broken by layer of fault', ...columns], [counts, ...rows])
}

function faults({ tally }: ScenarioReport): string {
  const rows = FAULT_NAMES.flatMap((name) => {
    const counts = tally.faults[name]
    if (!counts) return []
    const { injected, bitten, survived } = counts
    return [[name, FAULTS[name].layer, ...[injected, bitten, survived].map(whole), share(survived, bitten)]]
  })
  return rows.length === 0 ? '' : table(['fault', 'layer', 'injected', 'bitten', 'survived', ''], rows)
}

function coverage(one: ScenarioReport): string {
  const rows = one.coverage.map(({ kind, calm, later }) => [
    kind,
    `${whole(calm.struck)}`,
    whole(calm.known),
    share(calm.struck, calm.known),
    whole(later.struck),
    whole(later.known),
  ])
  const heads = ['places', 'struck', 'of calm plays', '', 'struck', 'reached under faults']
  return rows.length === 0 ? '' : table(heads, rows)
}

function sides(one: ScenarioReport): string {
  const rows = sidesOf(one).map(({ what, midwatch, naive }) => [what, midwatch, ...(naive === null ? [] : [naive])])
  return table(['', 'midwatch', ...(one.naive ? ['naive twin'] : [])], rows)
}

function lost({ lost: all }: ScenarioReport): string {
  if (all.length === 0) return ''
  const shown = all.slice(0, LOST_SHOWN).map(({ case: one, why }) => {
    const strikes = one.strikes === null ? 'by rates' : one.strikes.map(showStrike).join(' ') || 'no strike'
    return `  story ${one.story}, seed ${one.seed}, ${strikes}: ${why.split('\n').slice(0, 2).join(' ')}`
  })
  const more = all.length > LOST_SHOWN ? [`  … and ${all.length - LOST_SHOWN} more`] : []
  return [`LOST  ${all.length} cases came to no verdict`, ...shown, ...more].join('\n')
}

function broke({ thing, cases, case: one, verdict, found, shrinkPlays, again, replay }: BreakReport): string {
  const said = saidOf(verdict, thing)
  const strikes = one.strikes ?? []
  const before = found.strikes?.length ?? 0
  const shrunk = shrinkPlays === null ? '' : `, of ${before} that were found, in ${counted(shrinkPlays, 'play')}`
  const where = `  story ${one.story}${one.messages ? `, messages ${one.messages.join(',')}` : ''}, seed ${one.seed}`
  return [
    `BROKEN  ${thing.row} in ${counted(cases, 'case')}: ${said}`,
    `${where}, ${counted(strikes.length, 'strike')}${shrunk}`,
    ...strikes.slice(0, STRIKES_SHOWN).map((strike) => `    ${showStrike(strike)}`),
    ...(strikes.length > STRIKES_SHOWN ? [`    … and ${strikes.length - STRIKES_SHOWN} more`] : []),
    ...(again ? [] : ['  The same strikes did not break it again: something in it does not come from the seed.']),
    `  ${replay}`,
  ].join('\n')
}
