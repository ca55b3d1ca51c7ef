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
  const drawn = CHARTS.flatMap((name) => {
    const own = points.filter(({ chart, value }) => chart === name && Number.isFinite(value))
    return own.length === 0 ? [] : [[name, draw(KINDS[name], own)] as const]
  })
  return new Map(drawn)
}

/** What is drawn in it, for those who cannot see it. */
export const titleOf = (name: ChartName): string => KINDS[name].title

function draw(kind: Kind, points: readonly Point[]): string {
  if (kind.drawn === 'over runs') return lineChart(kind, seriesOf(points))
  return barChart(kind, points, kind.drawn === 'as bars by powers')
}

function seriesOf(points: readonly Point[]): Series[] {
  const names = [...new Set(points.map(({ who }) => who))]
  return names.map((who) => ({
    who,
    values: points
      .filter((point) => point.who === who)
      .map(({ at = 0, value }) => ({ at, value }))
      .sort((a, b) => a.at - b.at),
  }))
}
