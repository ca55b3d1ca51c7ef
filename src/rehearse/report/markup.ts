/** Text as HTML and XML show it: what a model said must not become markup. Characters that XML forbids become a mark. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
}

type Attributes = Readonly<Record<string, string | number>>

/** One element around markup that is made already. */
export function element(name: string, attributes: Attributes, ...inside: readonly string[]): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return `<${name}${given.join('')}>${inside.join('')}</${name}>`
}

/** One element around text. */
export function text(name: string, attributes: Attributes, said: string): string {
  return element(name, attributes, escaped(said))
}
