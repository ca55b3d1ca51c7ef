import { short } from '../numbers.js'
import type { Words } from './lines.js'
import { linearScale, logScale } from './scale.js'
import { element, hueOf, line, picture, rounded, text } from './svg.js'

export interface Bar {
  readonly who: string
  /** Its colour, the same in all charts. */
  readonly hue: number
  readonly value: number
}

const WIDTH = 760
const FRAME = { left: 220, right: 680, top: 50 }
const [ROW, THICK] = [28, 16]

/** Bars with their values behind them; by powers of ten where the values are far apart, and then none may be 0. */
export function barChart({ title, axis }: Words, bars: readonly Bar[], isLog: boolean): string {
  const values = bars.map(({ value }) => value)
  const scale = isLog
    ? // A bar of the least value has a length too.
      logScale([...values, Math.min(...values) / 2], FRAME.left, FRAME.right)
    : linearScale(values, FRAME.left, FRAME.right)
  const bottom = FRAME.top + bars.length * ROW
  const middle = (FRAME.left + FRAME.right) / 2
  return picture(title, WIDTH, bottom + 56, [
    text(20, 28, title, { class: 'title' }),
    ...scale.ticks.map((tick) => line(scale.at(tick), FRAME.top, scale.at(tick), bottom, { class: 'grid' })),
    ...scale.ticks.map((tick) =>
      text(scale.at(tick), bottom + 18, short(tick), { 'text-anchor': 'middle', class: 'soft' }),
    ),
    text(middle, bottom + 42, axis, { 'text-anchor': 'middle', class: 'soft' }),
    ...bars.flatMap(({ who, hue, value }, i) => {
      const y = FRAME.top + i * ROW + (ROW - THICK) / 2
      const end = scale.at(value)
      return [
        text(FRAME.left - 10, y + 12, who, { 'text-anchor': 'end' }),
        element('rect', {
          class: hueOf(hue),
          x: FRAME.left,
          y,
          width: rounded(end - FRAME.left),
          height: THICK,
          rx: 2,
        }),
        text(end + 8, y + 12, short(value)),
      ]
    }),
  ])
}
