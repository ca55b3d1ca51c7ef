type Attributes = Readonly<Record<string, string | number>>

/** One element; `inside` is markup already. */
export function element(name: string, attributes: Attributes, inside = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return inside === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inside}</${name}>`
}

export const text = (x: number, y: number, words: string, attributes: Attributes = {}): string =>
  element('text', { x: rounded(x), y: rounded(y), ...attributes }, escaped(words))

export const line = (x1: number, y1: number, x2: number, y2: number, attributes: Attributes = {}): string =>
  element('line', { x1: rounded(x1), y1: rounded(y1), x2: rounded(x2), y2: rounded(y2), ...attributes })

/** Tenths of a pixel: files that differ only where something moved. */
export const rounded = (value: number): number => Math.round(value * 10) / 10

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Colours that can be told apart, on paper and at night; the first is ours. */
const HUES = [
  ['#0969da', '#58a6ff'],
  ['#57606a', '#9198a1'],
  ['#bc4c00', '#f0883e'],
  ['#8250df', '#bc8cff'],
  ['#1a7f37', '#3fb950'],
  ['#bf3989', '#f778ba'],
  ['#9a6700', '#d29922'],
] as const
export const hueOf = (index: number): string => `hue${index % HUES.length}`

const hues = (night: 0 | 1): string =>
  HUES.map((pair, i) => `.hue${i}{stroke:${pair[night]};fill:${pair[night]}}`).join('')
const STYLE = [
  "text{font:12px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;stroke:none}",
  '.title{font-size:15px;font-weight:600}.line{fill:none;stroke-width:2}',
  'text{fill:#1f2328}.paper{fill:#fff}.grid{stroke:#d1d9e0}.soft{fill:#59636e}',
  hues(0),
  `@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.paper{fill:#0d1117}.grid{stroke:#3d444d}.soft{fill:#9198a1}${hues(1)}}`,
  '.line{fill:none}text[class]{stroke:none}',
].join('')

/** A picture by itself: its paper is its own, so that it can be read on any page, by day and by night. */
export function picture(title: string, width: number, height: number, parts: readonly string[]): string {
  const inside = [
    element('title', {}, escaped(title)),
    `<style>${STYLE}</style>`,
    element('rect', { class: 'paper', width, height, rx: 6 }),
    ...parts,
  ]
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  }
  return `${element('svg', attributes, `\n${inside.join('\n')}\n`)}\n`
}
