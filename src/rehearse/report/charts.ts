import { type Histogram, total, valuesOf } from '../campaign/histogram.js'
import { share, whole } from './figures.js'
import { element, text } from './markup.js'

/** One row of a bar chart: a whole, and the part of it that counts. */
export interface Bar {
  readonly label: string
  readonly all: number
  readonly part: number
  readonly said: string
}

const WIDTH = 760
const ROW = 24
const LABEL = 190
const SAID = 210

/** Horizontal bars on one scale. Long rows beside short ones are kept readable by a scale of square roots. */
export function bars(rows: readonly Bar[], title: string): string {
  const most = Math.max(1, ...rows.map(({ all }) => all))
  const room = WIDTH - LABEL - SAID
  const long = (value: number) => (value === 0 ? 0 : Math.max(1.5, Math.sqrt(value / most) * room))
  const lines = rows.map(({ label, all, part, said }, at) => {
    const y = at * ROW
    return [
      text('text', { x: LABEL - 10, y: y + 16, class: 'label' }, label),
      element('rect', { x: LABEL, y: y + 5, width: long(all).toFixed(1), height: 14, rx: 2, class: 'all' }),
      element('rect', { x: LABEL, y: y + 5, width: long(part).toFixed(1), height: 14, rx: 2, class: 'part' }),
      text('text', { x: LABEL + long(all) + 8, y: y + 16, class: 'said' }, said),
    ].join('')
  })
  return figure(WIDTH, rows.length * ROW + 4, title, lines.join(''))
}

/** A distribution as it is drawn: who, and in which style. */
export interface Series {
  readonly name: string
  readonly style: 'part' | 'other'
  readonly values: Histogram
}

/** Narrower than bars: two stand side by side, in letters as large. */
const SPAN = 480
const HEIGHT = 170
const FOOT = 28
const BINS = 32

/** How often values of each size came up, side by side, on a scale of powers. `show` writes a value. */
export function distribution(series: readonly Series[], title: string, show: (value: number) => string): string {
  const values = series.flatMap((one) => valuesOf(one.values)).filter(({ value }) => value > 0)
  if (values.length === 0) return ''
  const [least, most] = [Math.min(...values.map((v) => v.value)), Math.max(...values.map((v) => v.value))]
  const scale = scaleOf(least, Math.max(most, least * 1.01))
  const binned = series.map((one) => ({ ...one, bins: binsOf(one.values, scale) }))
  const peak = Math.max(...binned.flatMap(({ bins }) => bins))
  const wide = SPAN / BINS
  const drawn = binned.flatMap(({ bins, style }, no) =>
    bins.map((times, bin) => {
      const tall = times === 0 ? 0 : Math.max(1.5, times * (HEIGHT - FOOT - 12))
      const each = (wide - 3) / series.length
      const at = { x: (bin * wide + 1.5 + no * each).toFixed(1), y: (HEIGHT - FOOT - tall / peak).toFixed(1) }
      return element('rect', { ...at, width: each.toFixed(1), height: (tall / peak).toFixed(1), rx: 1, class: style })
    }),
  )
  const foot = element('line', { x1: 0, x2: SPAN, y1: HEIGHT - FOOT + 0.5, y2: HEIGHT - FOOT + 0.5, class: 'axis' })
  return figure(SPAN, HEIGHT, title, [...drawn, foot, ...ticks(scale, show)].join(''))
}

interface Scale {
  readonly from: number
  readonly to: number
}

const scaleOf = (least: number, most: number): Scale => ({ from: Math.log(least), to: Math.log(most) })

/** Shares of all values, by bin. */
function binsOf(histogram: Histogram, { from, to }: Scale): number[] {
  const bins = new Array<number>(BINS).fill(0)
  const all = Math.max(1, total(histogram))
  for (const { value, times } of valuesOf(histogram)) {
    const at = value <= 0 ? 0 : Math.floor(((Math.log(value) - from) / (to - from)) * BINS)
    const bin = Math.min(BINS - 1, Math.max(0, at))
    bins[bin] = (bins[bin] ?? 0) + times / all
  }
  return bins
}

function ticks({ from, to }: Scale, show: (value: number) => string): string[] {
  const count = 5
  return Array.from({ length: count }, (_, at) => {
    const part = at / (count - 1)
    const anchor = at === 0 ? 'start' : at === count - 1 ? 'end' : 'middle'
    const value = Math.exp(from + part * (to - from))
    return text('text', { x: part * SPAN, y: HEIGHT - 8, class: 'tick', 'text-anchor': anchor }, show(value))
  })
}

function figure(width: number, height: number, title: string, inside: string): string {
  const box = { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title }
  return element('svg', box, text('title', {}, title), inside)
}

/** A part of a whole as bars say it. */
export function partOf(part: number, all: number): string {
  return `${whole(part)} of ${whole(all)} (${share(part, all) || '0%'})`
}
