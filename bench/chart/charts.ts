import { CHARTS, type ChartName, type Point, type Row } from '../row.js'
import { barChart } from './bars.js'
import { lineChart, type Series, type Words } from './lines.js'

interface Kind extends Words {
  readonly drawn: 'over runs' | 'as bars' | 'as bars by powers'
}

const KINDS: Readonly<Record<ChartName, Kind>> = {
  throughput: {
    title: 'Throughput: durable steps a second, runs of 20 steps (more is better)',
    axis: 'steps/s, by powers of ten',
    drawn: 'over runs',
  },
  latency: {
    title: 'Latency: a step, median (less is better)',
    axis: 'ms, by powers of ten',
    drawn: 'over runs',
  },
  cpu: {
    title: 'CPU of a step at 64 runs, client and server (less is better)',
    axis: 'µs of CPU time a step',
    drawn: 'as bars',
  },
  growth: {
    title: 'Growth: the last tenth of a long run beside its first (1 is flat)',
    axis: 'time of a step, last tenth over first, by powers of ten; in brackets: steps of the run',
    drawn: 'as bars by powers',
  },
  storage: {
    title: 'Storage: what a step of a long run leaves behind (less is better)',
    axis: 'KB a step, by powers of ten; in brackets: steps of the run',
    drawn: 'as bars by powers',
  },
  duplicates: {
    title: 'Effects done twice, of those killed between effect and record (0 is right)',
    axis: 'share of the crashes',
    drawn: 'as bars',
  },
  recovery: {
    title: 'Recovery: from the kill to the next effect, start of the process included (less is better)',
    axis: 'ms, median',
    drawn: 'as bars',
  },
}

/** Each chart that the rows of a run have values for, by name. */
export function chartsOf(rows: readonly Row[]): ReadonlyMap<ChartName, string> {
  const points = rows.flatMap((row) => row.points)
  const families = [...new Set(points.map(({ who }) => familyOf(who)))]
  const drawn = CHARTS.flatMap((name) => {
    const own = points.filter(({ chart, value }) => chart === name && canShow(KINDS[name], value))
    return own.length === 0 ? [] : [[name, draw(KINDS[name], own, (who) => families.indexOf(familyOf(who)))] as const]
  })
  return new Map(drawn)
}

/** Powers of ten know no 0. */
const canShow = ({ drawn }: Kind, value: number): boolean =>
  Number.isFinite(value) && (drawn === 'as bars' || value > 0)

/** What is drawn in it, for those who cannot see it. */
export const titleOf = (name: ChartName): string => KINDS[name].title

/** `Midwatch, keyed` and `Midwatch (1000)` are Midwatch. */
const familyOf = (who: string): string => who.replace(/(,| \().*/, '')

function draw(kind: Kind, points: readonly Point[], hueOf: (who: string) => number): string {
  if (kind.drawn === 'over runs') return lineChart(kind, seriesOf(points, hueOf))
  const bars = points.map(({ who, value }) => ({ who, value, hue: hueOf(who) }))
  return barChart(kind, bars, kind.drawn === 'as bars by powers')
}

function seriesOf(points: readonly Point[], hueOf: (who: string) => number): Series[] {
  const names = [...new Set(points.map(({ who }) => who))]
  return names.map((who) => ({
    who,
    hue: hueOf(who),
    values: points
      .filter((point) => point.who === who)
      .map(({ at = 0, value }) => ({ at, value }))
      .sort((a, b) => a.at - b.at),
  }))
}
