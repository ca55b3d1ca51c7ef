const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** Values as a row of bars, the least lowest; `·` where there is none. */
export function spark(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  return values.map((value) => (value === null ? '·' : barOf(value, least, most))).join('')
}

function barOf(value: number, least: number, most: number): string {
  const share = most === least ? 0.5 : (value - least) / (most - least)
  return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))] ?? BARS[0]
}
