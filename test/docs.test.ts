import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const MAP = 'docs/README.md'
const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file).replaceAll('\\', '/')),
]
const textOf = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]))

/** What a page links to in this tree, from the root of it; the place within the page behind `#`. */
const linksOf = (page: string): string[] =>
  [...(textOf.get(page) ?? '').replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => (link.startsWith('#') ? `${page}${link}` : join(dirname(page), link).replaceAll('\\', '/')))

/** The names by which the headings of a page are linked to, as GitHub makes them. */
const placesOf = (page: string): Set<string> =>
  new Set(
    [...(textOf.get(page) ?? readFileSync(page, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const isThere = (link: string): boolean => {
  const [path = '', place] = link.split('#')
  if (!ts.sys.fileExists(path) && !ts.sys.directoryExists(path)) return false
  return place === undefined || placesOf(path).has(place)
}

describe('the documentation', () => {
  it('links to pages and places that are there', () => {
    const links = pages.flatMap((page) => linksOf(page).map((link) => [page, link] as const))
    expect(links.length).toBeGreaterThan(100)
    expect(links.filter(([, link]) => !isThere(link)).map((pair) => pair.join(' -> '))).toEqual([])
  })

  it('has a map that names every page, errors apart', () => {
    const named = new Set(linksOf(MAP).map((link) => link.split('#')[0]))
    const wanted = pages.filter((page) => page.startsWith('docs/') && page !== MAP && !page.startsWith('docs/errors/'))
    expect(wanted.filter((page) => !named.has(page))).toEqual([])
  })

  it('knows a link to nowhere from a good one', () => {
    expect(isThere('docs/glossary.md')).toBe(true)
    expect(isThere('docs/ledger.md#nowhere')).toBe(false)
    expect(isThere('docs/nothing.md')).toBe(false)
  })
})
