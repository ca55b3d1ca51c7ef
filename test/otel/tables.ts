import {
  ATTRIBUTES,
  type Attribute,
  CONVENTIONS,
  EVENTS,
  METRICS,
  type MetricRow,
  SPANS,
  type SpanRow,
} from '../../src/otel/conventions.js'

const nameOf = (key: Attribute) => `\`${ATTRIBUTES[key][0]}\``
const listOf = (keys: readonly Attribute[]) => keys.map(nameOf).join(', ')
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n')

/** As Prometheus shows a metric of ours. */
function inText({ name, kind, unit }: MetricRow): string {
  const suffix = { s: '_seconds', By: '_bytes', ratio: '_ratio', usd: '_dollars' }[unit] ?? ''
  return `\`${name.replaceAll('.', '_')}${suffix}${kind === 'counter' ? '_total' : ''}\``
}

/** The tables of the page, by the name of their place in it. */
export const TABLES: Readonly<Record<string, string>> = {
  versions: table(
    ['names of', 'release'],
    [
      ['the GenAI conventions (Development)', CONVENTIONS.genai],
      ['the GenAI conventions before they had a repository of their own; two metrics', CONVENTIONS.before],
      ['the general conventions', CONVENTIONS.core],
    ],
  ),
  spans: table(
    ['span', 'kind', 'is', 'has', 'may have', 'with content'],
    Object.values<SpanRow>(SPANS).map(({ name, kind, about, always, perhaps, content }) => [
      ...[`\`${name}\``, kind, about, listOf(always)],
      ...[listOf(perhaps), listOf(content)],
    ]),
  ),
  events: table(
    ['event', 'on', 'attributes'],
    Object.values(EVENTS).map(([name, on, keys]) => [`\`${name}\``, on === 'run' ? 'the stretch' : on, listOf(keys)]),
  ),
  metrics: table(
    ['metric', 'in Prometheus', 'kind', 'labels', 'counts'],
    Object.values<MetricRow>(METRICS).map((metric) => [
      ...[`\`${metric.name}\``, inText(metric), metric.kind],
      ...[listOf(metric.labels), metric.about],
    ]),
  ),
  attributes: table(
    ['attribute', 'of', 'is'],
    Object.values(ATTRIBUTES).map(([name, source, about]) => [
      `\`${name}\``,
      { genai: 'GenAI', before: 'GenAI, older', core: 'general', own: 'Midwatch' }[source],
      about,
    ]),
  ),
}

/** The page with its tables as they should be. */
export function withTables(page: string): string {
  return page.replace(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
    (_, open: string, name: string, close: string) => `${open}\n${TABLES[name]}\n${close}`,
  )
}
