import { quantile } from '../campaign/histogram.js'
import { showStrike } from '../campaign/strike-text.js'
import { FAULT_NAMES, FAULTS } from '../fault.js'
import { type Bar, bars, distribution, partOf, type Series } from './charts.js'
import { endsOf } from './ends.js'
import { counted, dollars, rate, share, storiesText, took, whole } from './figures.js'
import { columnsOf, gridOf } from './grid.js'
import { hintsOf } from './hints.js'
import { element, escaped, text } from './markup.js'
import { STYLE } from './page-style.js'
import type { BreakReport, Report, ScenarioReport } from './report.js'
import { sidesOf } from './sides.js'

/** A rehearsal as one HTML page that needs nothing else. */
export function pageOf(report: Report): string {
  const { scenarios } = report
  const title = `Rehearsal of ${scenarios.map(({ name }) => name).join(', ') || 'nothing'}`
  const head = [
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    text('title', {}, title),
    element('style', {}, STYLE),
  ]
  const body = element('main', {}, opening(report, title), ...scenarios.map(scenarioPart), closing(report))
  return `<!doctype html>\n${element('html', { lang: 'en' }, element('head', {}, ...head), element('body', {}, body))}\n`
}

function opening(report: Report, title: string): string {
  const { cases, runs, ok, casesPerSecond, tookMs, processes, stopped } = report
  const broken = report.scenarios.reduce((sum, { tally, lost }) => sum + tally.sums.broken + lost.length, 0)
  const said = ok
    ? `No violation in ${whole(cases)} cases: below ${rate(Math.min(1, 3 / cases))} (3/N) at 95 %`
    : `${whole(broken)} of ${whole(cases)} cases broke something`
  const tiles = [
    ['cases', whole(cases)],
    ['runs', whole(runs)],
    ['broken', whole(broken)],
    ['cases a second', whole(casesPerSecond)],
    ['wall time', took(tookMs)],
    ['processes', whole(processes)],
  ] as const
  return [
    text('h1', {}, title),
    text('div', { class: `verdict ${ok ? 'holds' : 'broke'}` }, said),
    stopped ? text('p', { class: 'soft' }, 'It was stopped; this is what was known by then.') : '',
    element('div', { class: 'tiles' }, ...tiles.map(([what, figure]) => tile(what, figure))),
  ].join('')
}

const tile = (what: string, figure: string): string =>
  element('div', { class: 'tile' }, text('b', {}, figure), text('span', {}, what))

function scenarioPart(one: ScenarioReport): string {
  const stories = storiesText(one.stories.length)
  const twoUp = [timesPart(one), spendPart(one)].filter((part) => part !== '')
  return [
    text('h2', {}, one.name),
    element('p', { class: 'soft' }, escaped(`${stories} in ${one.file}. `), escaped(howText(one))),
    ...one.breaks.map(breakPart),
    lostPart(one),
    endsPart(one),
    ...hintsOf(one.tally).map((said) => text('p', { class: 'soft' }, `${said}.`)),
    gridPart(one),
    sidesPart(one),
    element('div', { class: 'two' }, ...twoUp),
    faultsPart(one),
    coveragePart(one),
  ].join('')
}

function howText({ enumerated, explored }: ScenarioReport): string {
  const said: string[] = []
  if (enumerated) {
    const { singles, pairs } = enumerated
    said.push(
      `Enumerated: ${partOf(singles.done, singles.possible)} single faults, ${partOf(pairs.done, pairs.possible)} pairs.`,
    )
  }
  if (explored) {
    const { cases, mutated, corpus, shapes } = explored
    said.push(
      `Explored: ${whole(cases)} cases, ${whole(mutated)} of them from ${whole(corpus)} that led somewhere new; ${whole(shapes)} shapes of journals.`,
    )
  }
  return said.join(' ')
}

function endsPart({ tally }: ScenarioReport): string {
  const rows = endsOf(tally)
  if (rows.length === 0) return ''
  const heads = ['', 'calm', 'under faults'].map((head) => text('th', {}, head))
  const cells = rows.map(({ end, calm, struck }) =>
    element('tr', {}, ...[end, whole(calm), whole(struck)].map((cell) => text('td', {}, cell))),
  )
  return part('How runs ended', element('table', { class: 'sides' }, element('tr', {}, ...heads), ...cells))
}

function gridPart({ tally }: ScenarioReport): string {
  const columns = columnsOf(tally)
  const heads = ['', ...columns].map((column) => text('th', {}, column))
  const counts = columns.map((column) => text('td', {}, whole(tally.columns[column] ?? 0)))
  const rows = gridOf(tally).map(({ row, name, promise, cells }) => {
    const named = text('td', { title: promise }, row === 'expectations' ? name : `${row} ${name}`)
    const held = cells.map(({ broken, cases, column }) => {
      const title = `${whole(cases)} cases under ${column}, ${whole(broken)} broke it`
      return text('td', { class: broken > 0 ? 'bad' : 'ok', title }, whole(broken))
    })
    return element('tr', {}, named, ...held)
  })
  const table = element(
    'table',
    { class: 'grid' },
    element('tr', {}, ...heads),
    element('tr', { class: 'cases' }, text('td', {}, 'cases'), ...counts),
    ...rows,
  )
  return part('What broke, by the layer of the faults that struck', table)
}

function sidesPart(one: ScenarioReport): string {
  const heads = ['', 'midwatch', ...(one.naive ? ['naive twin'] : [])].map((head) => text('th', {}, head))
  const rows = sidesOf(one).map(({ what, midwatch, naive }) =>
    element('tr', {}, ...[what, midwatch, ...(naive === null ? [] : [naive])].map((cell) => text('td', {}, cell))),
  )
  const title = one.naive ? 'Midwatch and the naive twin, under the same seeds' : 'In figures'
  return part(title, element('table', { class: 'sides' }, element('tr', {}, ...heads), ...rows))
}

function faultsPart({ tally }: ScenarioReport): string {
  const rows = FAULT_NAMES.flatMap((label): Bar[] => {
    const counts = tally.faults[label]
    if (!counts) return []
    const { injected, bitten, survived } = counts
    const said = `${whole(injected)}, ${whole(bitten)} bit${bitten > 0 ? `, ${share(survived, bitten)} survived` : ''}`
    return [{ label: `${label}`, all: injected, part: bitten, said }]
  }).sort((a, b) => layerOf(a) - layerOf(b))
  if (rows.length === 0) return ''
  const key = keyOf(
    [
      ['all', 'injected'],
      ['part', 'seen to bite'],
    ],
    'lengths by square root',
  )
  return part('Faults', `${key}${bars(rows, 'Faults injected and seen to bite')}`)
}

function layerOf({ label }: Bar): number {
  const layers = FAULT_NAMES.map((name) => FAULTS[name].layer)
  const fault = FAULT_NAMES.find((name) => name === label)
  return fault === undefined ? 0 : layers.indexOf(FAULTS[fault].layer)
}

function coveragePart(one: ScenarioReport): string {
  const rows = one.coverage.flatMap(({ kind, calm, later }): Bar[] => [
    ...(calm.known === 0
      ? []
      : [{ label: kind, all: calm.known, part: calm.struck, said: partOf(calm.struck, calm.known) }]),
    ...(later.known === 0
      ? []
      : [
          {
            label: `${kind}, under faults`,
            all: later.known,
            part: later.struck,
            said: partOf(later.struck, later.known),
          },
        ]),
  ])
  if (rows.length === 0) return ''
  const key = keyOf(
    [
      ['all', 'places known'],
      ['part', 'struck'],
    ],
    'places of calm plays, and those that only faults led to',
  )
  return part('Coverage', `${key}${bars(rows, 'Places struck, of places known')}`)
}

function timesPart({ tally, naive }: ScenarioReport): string {
  const [median, most] = [quantile(tally.tookMs, 0.5), quantile(tally.tookMs, 0.95)]
  const chart = distribution(seriesOf(tally.tookMs, naive?.tookMs), 'Time to outcome', took)
  return chart === ''
    ? ''
    : part(
        `Time to outcome: median ${took(median)}, 95 % within ${took(most)} (virtual)`,
        `${keyOfSides(naive !== null)}${chart}`,
      )
}

function spendPart({ tally, naive }: ScenarioReport): string {
  const chart = distribution(seriesOf(tally.spend, naive?.spend), 'Spend of a case', (micros) =>
    dollars(Number(micros.toPrecision(2))),
  )
  return chart === ''
    ? ''
    : part(`Spend of a case: at most ${dollars(tally.worst.usdMicros.value)}`, `${keyOfSides(naive !== null)}${chart}`)
}

function seriesOf(own: Series['values'], naive: Series['values'] | undefined): Series[] {
  const mine: Series = { name: 'midwatch', style: 'part', values: own }
  return naive ? [mine, { name: 'naive twin', style: 'other', values: naive }] : [mine]
}

function breakPart({ thing, cases, verdict, case: one, found, shrinkPlays, again, replay }: BreakReport): string {
  const said = [...verdict.violations.map(({ invariant, what }) => `${invariant}: ${what}`), ...verdict.broken]
  const shrunk =
    shrinkPlays === null ? '' : `, of ${found.strikes?.length ?? 0} that were found, in ${counted(shrinkPlays, 'play')}`
  const where = `Story ${one.story}, seed ${one.seed}, ${counted(one.strikes?.length ?? 0, 'strike')}${shrunk}.`
  const doubt = again
    ? ''
    : text('p', {}, 'The same strikes did not break it again: something in it does not come from the seed.')
  const strikes = (one.strikes ?? []).map((strike) => element('li', {}, text('code', {}, showStrike(strike))))
  return element(
    'section',
    { class: 'break' },
    text('h3', {}, `${thing.row} broke in ${counted(cases, 'case')}`),
    ...said.map((sentence) => text('p', {}, sentence)),
    text('p', { class: 'soft' }, where),
    doubt,
    element('ul', {}, ...strikes),
    text('pre', {}, replay),
  )
}

function lostPart({ lost }: ScenarioReport): string {
  if (lost.length === 0) return ''
  const rows = lost.slice(0, 20).map(({ case: one, why }) => {
    const strikes = one.strikes === null ? 'by rates' : one.strikes.map(showStrike).join(' ')
    return text('li', {}, `story ${one.story}, seed ${one.seed}, ${strikes}: ${why}`)
  })
  return element(
    'section',
    { class: 'break' },
    text('h3', {}, `${lost.length} cases came to no verdict`),
    element('ul', {}, ...rows),
  )
}

function closing({ seed, mode, midwatch, node }: Report): string {
  return text(
    'footer',
    {},
    `midwatch ${midwatch}, node ${node}, mode ${mode}, seed ${seed}. The same seed finds the same.`,
  )
}

const part = (title: string, inside: string): string => element('section', {}, text('h3', {}, title), inside)

const keyOfSides = (naive: boolean): string =>
  naive
    ? keyOf(
        [
          ['part', 'midwatch'],
          ['other', 'naive twin'],
        ],
        'share of each',
      )
    : ''

function keyOf(entries: readonly (readonly [style: string, says: string])[], more: string): string {
  const shown = entries.map(([style, says]) => element('span', {}, `<i class="k-${style}"></i>`, escaped(says)))
  return element('div', { class: 'key' }, ...shown, escaped(more))
}
