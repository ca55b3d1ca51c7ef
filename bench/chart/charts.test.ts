import { describe, expect, it } from 'vitest'
import { type Point, rowOf } from '../row.js'
import { barChart } from './bars.js'
import { chartsOf } from './charts.js'
import { lineChart } from './lines.js'

const row = (...points: Point[]) => rowOf({ what: 'a row', points })
const WORDS = { title: 'Steps & more', axis: 'steps/s' }

/** Attributes of all elements of one kind. */
function elements(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name}( [^>]*?)/?>`, 'g'))].map(([, written = '']) =>
    Object.fromEntries([...written.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value])),
  )
}

describe('the charts of a run', () => {
  it('are those that its rows have values for, in one order', () => {
    const rows = [
      row({ chart: 'duplicates', who: 'Midwatch', value: 0 }),
      row({ chart: 'throughput', who: 'Midwatch', at: 1, value: 500 }),
    ]
    expect([...chartsOf(rows).keys()]).toEqual(['throughput', 'duplicates'])
  })

  it('give whoever is in them one colour', () => {
    const charts = chartsOf([
      row({ chart: 'cpu', who: 'DBOS', value: 2 }, { chart: 'cpu', who: 'Midwatch', value: 1 }),
      row({ chart: 'growth', who: 'Midwatch (1000)', value: 1 }),
    ])
    const hues = (name: 'cpu' | 'growth') => elements(charts.get(name) ?? '', 'rect').slice(1)
    expect(hues('growth')[0]?.class).toBe(hues('cpu')[1]?.class)
    expect(hues('cpu')[0]?.class).not.toBe(hues('cpu')[1]?.class)
  })

  it('leave out what was not measured', () => {
    expect(chartsOf([row({ chart: 'cpu', who: 'DBOS', value: Number.NaN })]).size).toBe(0)
    expect(chartsOf([row({ chart: 'throughput', who: 'DBOS', at: 1, value: 0 })]).size).toBe(0)
    expect(chartsOf([row()]).size).toBe(0)
  })

  it('are the same, to the letter, for the same values', () => {
    const rows = [row({ chart: 'throughput', who: 'Midwatch', at: 1, value: 500 })]
    expect(chartsOf(rows)).toEqual(chartsOf(rows))
  })
})

describe('a chart of lines', () => {
  const series = [
    {
      who: 'Midwatch',
      hue: 0,
      values: [
        { at: 1, value: 500 },
        { at: 64, value: 5_000 },
      ],
    },
    {
      who: 'A <peer>',
      hue: 1,
      values: [
        { at: 1, value: 50 },
        { at: 64, value: 100 },
      ],
    },
  ]
  const svg = lineChart(WORDS, series)

  it('has a line for each, higher where the value is, and each name once', () => {
    const lines = elements(svg, 'polyline').map(({ points = '' }) =>
      points.split(' ').map((at) => at.split(',').map(Number)),
    )
    const [[first, last] = [], [low] = []] = lines
    expect(lines).toHaveLength(2)
    expect(last?.[0]).toBeGreaterThan(first?.[0] ?? 0)
    expect(last?.[1]).toBeLessThan(first?.[1] ?? 0)
    expect(low?.[1]).toBeGreaterThan(first?.[1] ?? 0)
    expect(svg.split('>Midwatch<')).toHaveLength(2)
  })

  it('says what it shows and in which unit, with nothing that breaks the markup', () => {
    expect(svg).toContain('<title>Steps &amp; more</title>')
    expect(svg).toContain('>steps/s</text>')
    expect(svg).toContain('>runs at once</text>')
    expect(svg).toContain('A &lt;peer&gt;')
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('has its own paper, and another one at night', () => {
    expect(elements(svg, 'rect')[0]).toMatchObject({ class: 'paper' })
    expect(svg).toContain('prefers-color-scheme:dark')
  })
})

describe('a chart of bars', () => {
  it('has lengths in the ratio of the values, and the values behind them', () => {
    const svg = barChart(
      WORDS,
      [
        { who: 'Midwatch', hue: 0, value: 100 },
        { who: 'DBOS', hue: 1, value: 400 },
      ],
      false,
    )
    const [, one, four] = elements(svg, 'rect').map(({ width }) => Number(width))
    expect((four ?? 0) / (one ?? 1)).toBeCloseTo(4, 1)
    expect(svg).toContain('>400</text>')
  })

  it('shows even the least of values far apart', () => {
    const svg = barChart(
      WORDS,
      [
        { who: 'Midwatch', hue: 0, value: 1 },
        { who: 'LangGraph', hue: 1, value: 300 },
      ],
      true,
    )
    const [, least] = elements(svg, 'rect').map(({ width }) => Number(width))
    expect(least).toBeGreaterThan(10)
  })

  it('can be drawn of nothing but 0', () => {
    expect(barChart(WORDS, [{ who: 'Midwatch', hue: 0, value: 0 }], false)).not.toMatch(/NaN|Infinity/)
  })
})
