import { short } from '../numbers.js'
import { logScale, spread } from './scale.js'
import { element, hueOf, line, picture, rounded, text } from './svg.js'

/** One value each for so many runs side by side. */
export interface Series {
  readonly who: string
  /** Its colour, the same in all charts. */
  readonly hue: number
  readonly values: readonly { readonly at: number; readonly value: number }[]
}

export interface Words {
  readonly title: string
  /** What is counted, with its unit. */
  readonly axis: string
}

const [WIDTH, HEIGHT] = [760, 400]
const FRAME = { left: 70, right: 570, top: 50, bottom: 345 }
const NAME_ROOM = 16

/** Lines over runs side by side, both axes by powers; each line has its name at its end. */
export function lineChart({ title, axis }: Words, series: readonly Series[]): string {
  const values = series.flatMap((one) => one.values)
  const steps = [...new Set(values.map(({ at }) => at))].sort((a, b) => a - b)
  // Numbers of runs stand at even distances: 1, 8, 64, 256.
  const x = (at: number) =>
    steps.length < 2 ? FRAME.left : FRAME.left + (steps.indexOf(at) / (steps.length - 1)) * (FRAME.right - FRAME.left)
  const y = logScale(
    values.map(({ value }) => value),
    FRAME.bottom,
    FRAME.top,
  )
  const ends = series.map((one) => y.at(one.values.at(-1)?.value ?? 1))
  const names = spread(ends, NAME_ROOM, FRAME.bottom)
  return picture(title, WIDTH, HEIGHT, [
    text(FRAME.left, 28, title, { class: 'title' }),
    ...y.ticks.map((tick) => line(FRAME.left, y.at(tick), FRAME.right, y.at(tick), { class: 'grid' })),
    ...y.ticks.map((tick) =>
      text(FRAME.left - 8, y.at(tick) + 4, short(tick), { 'text-anchor': 'end', class: 'soft' }),
    ),
    ...steps.map((at) => text(x(at), FRAME.bottom + 20, String(at), { 'text-anchor': 'middle', class: 'soft' })),
    text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 42, 'runs at once', { 'text-anchor': 'middle', class: 'soft' }),
    text(0, 0, axis, {
      transform: `translate(18 ${(FRAME.top + FRAME.bottom) / 2}) rotate(-90)`,
      'text-anchor': 'middle',
      class: 'soft',
    }),
    ...series.flatMap((one, i) => [
      element('polyline', {
        class: `line ${hueOf(one.hue)}`,
        points: one.values.map(({ at, value }) => `${rounded(x(at))},${rounded(y.at(value))}`).join(' '),
      }),
      ...one.values.map(({ at, value }) =>
        element('circle', { class: hueOf(one.hue), cx: rounded(x(at)), cy: rounded(y.at(value)), r: 3 }),
      ),
      text(FRAME.right + 14, (names[i] ?? 0) + 4, one.who, { class: hueOf(one.hue) }),
    ]),
  ])
}
