import { counted, whole } from './figures.js'
import { type Cell, type GridRow, gridOf } from './grid.js'
import { element, escaped, text } from './markup.js'
import type { BreakReport, Report, ScenarioReport } from './report.js'

/** JUnit XML: a suite for each scenario; a test case for each promise under each layer of faults, and one for cases without a verdict. */
export function junitOf(report: Report): string {
  const suites = report.scenarios.map((one) => suiteOf(one, report))
  const sum = (of: 'tests' | 'failures' | 'errors') => suites.reduce((total, one) => total + one.counts[of], 0)
  const counts = { tests: sum('tests'), failures: sum('failures'), errors: sum('errors') }
  const time = (report.tookMs / 1_000).toFixed(3)
  const all = element(
    'testsuites',
    { name: 'midwatch rehearse', ...counts, time },
    ...suites.map(({ xml }) => xml),
    '\n',
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${all}\n`
}

function suiteOf(one: ScenarioReport, report: Report) {
  const tests = gridOf(one.tally).flatMap((row) => row.cells.map((cell) => testcase(one, row, cell)))
  const failures = gridOf(one.tally).flatMap((row) => row.cells.filter(({ broken }) => broken > 0)).length
  const counts = { tests: tests.length + 1, failures, errors: one.lost.length > 0 ? 1 : 0 }
  const about = {
    seed: report.seed,
    cases: one.tally.sums.cases,
    midwatch: report.midwatch,
    node: report.node,
    digest: one.digest,
  }
  const properties = Object.entries(about).map(([name, value]) => element('property', { name, value }))
  const inside = [element('properties', {}, ...properties), ...tests, lostCase(one)].map((xml) => `\n    ${xml}`)
  return { counts, xml: `\n  ${element('testsuite', { name: one.name, ...counts }, ...inside, '\n  ')}` }
}

function testcase(one: ScenarioReport, { row, name }: GridRow, { column, cases, broken }: Cell): string {
  const called = row === 'expectations' ? name : `${row} ${name}`
  const under = column === 'calm' ? 'with no fault' : `under faults of ${column}`
  const attributes = { classname: `${one.name}.${column}`, name: `${called} ${under} (${whole(cases)} cases)`, time: 0 }
  if (broken === 0) return element('testcase', attributes)
  const breaks = one.breaks.filter(({ thing }) => thing.row === row)
  const message = `${whole(broken)} of ${whole(cases)} cases broke ${called}`
  return element('testcase', attributes, element('failure', { message, type: row }, breaks.map(described).join('\n\n')))
}

function described({ thing, verdict, cases, replay }: BreakReport): string {
  const said = [...verdict.violations.map(({ invariant, what }) => `${invariant}: ${what}`), ...verdict.broken]
  return escaped([`${thing.row} in ${counted(cases, 'case')}`, ...said, replay].join('\n'))
}

function lostCase({ name, lost }: ScenarioReport): string {
  const attributes = { classname: name, name: 'every case comes to a verdict', time: 0 }
  if (lost.length === 0) return element('testcase', attributes)
  const said = lost.map(({ case: one, why }) => `story ${one.story}, seed ${one.seed}: ${why}`).join('\n')
  return element('testcase', attributes, text('error', { message: `${lost.length} cases came to no verdict` }, said))
}
