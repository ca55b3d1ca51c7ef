import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FAULT_NAMES, FAULTS } from '../src/rehearse/fault.js'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const ROWS = 39

interface Row {
  readonly no: number
  readonly faults: readonly string[]
  readonly links: readonly { readonly text: string; readonly target: string }[]
  readonly shown: string
}

/** The rows of a page like docs/faults.md. */
function rowsOf(page: string): Row[] {
  return page.split('\n').flatMap((line) => {
    const cells = line.split(' | ')
    const no = /^\| (\d+)$/.exec(cells[0] ?? '')?.[1]
    if (no === undefined) return []
    const [, , , faults = '', shown = ''] = cells
    const links = [...shown.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, text = '', target = '']) => ({
      text,
      target,
    }))
    return [{ no: Number(no), faults: [...faults.matchAll(/`(\w+)`/g)].map(([, name = '']) => name), links, shown }]
  })
}

/** What is wrong with where a row says that it is shown. */
function brokenLinks({ no, links, shown }: Row): string[] {
  if (links.length === 0 && !shown.includes('comes with ')) return [`row ${no} is shown nowhere`]
  return links.flatMap(({ text, target }) => {
    const path = join(ROOT, 'docs', target)
    if (!existsSync(path)) return [`row ${no}: there is no ${target}`]
    const named = target.includes('/prove/') ? `name = '${text.replace('prove ', '')}'` : text
    return readFileSync(path, 'utf8').includes(named) ? [] : [`row ${no}: ${target} says nothing of '${text}'`]
  })
}

/** Where page and catalogue do not say the same of a row. */
function differences({ no, faults }: Row): string[] {
  const rows: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
    FAULT_NAMES.map((name) => [name, FAULTS[name].rows]),
  )
  const catalogued = FAULT_NAMES.filter((name) => rows[name]?.includes(no))
  return [
    ...faults
      .filter((name) => !rows[name]?.includes(no))
      .map((name) => `row ${no}: the catalogue has no '${name}' for it`),
    ...catalogued.filter((name) => !faults.includes(name)).map((name) => `row ${no}: '${name}' is missing`),
  ]
}

describe('docs/faults.md', () => {
  const rows = rowsOf(readFileSync(join(ROOT, 'docs/faults.md'), 'utf8'))

  it('has every row once', () => {
    expect(rows.map(({ no }) => no)).toEqual(Array.from({ length: ROWS }, (_, i) => i + 1))
  })

  it('links every row to what shows it, by name', () => {
    expect(rows.flatMap(brokenLinks)).toEqual([])
  })

  it('names the same faults as the catalogue', () => {
    expect(rows.flatMap(differences)).toEqual([])
  })

  it.each([
    ['| 1 | a | b | – | nothing |', 'row 1 is shown nowhere'],
    ['| 1 | a | b | – | [x](../test/none.test.ts) |', 'row 1: there is no ../test/none.test.ts'],
    [
      '| 1 | a | b | – | [no such test](../test/tidy.test.ts) |',
      "row 1: ../test/tidy.test.ts says nothing of 'no such test'",
    ],
  ])('a row that shows nothing is found: %s', (line, fault) => {
    expect(rowsOf(line).flatMap(brokenLinks)).toEqual([fault])
  })

  it('a row with other faults than the catalogue is found', () => {
    const found = rowsOf('| 21 | a | b | `check_error` `crash` | x |').flatMap(differences)
    expect(found).toEqual(["row 21: the catalogue has no 'crash' for it", "row 21: 'check_unknown' is missing"])
  })
})
