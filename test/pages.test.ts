import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { complaintsOf } from './compiled.js'
import { blocksOf, TWO_VERSIONS } from './pages/blocks.js'

/** Pages whose blocks are files of their own, and the folder in which they stand. */
const FILES: Readonly<Record<string, string>> = {
  'docs/bring-your-own.md': 'examples/bring-your-own',
  'docs/past.md': 'test/pages',
  'docs/schedules.md': 'test/pages',
  'docs/versions.md': 'test/pages',
}
/** Their code is put to work by tests of their own, which write it down step by step. */
const ELSEWHERE = new Set(['docs/first-five-minutes.md', 'docs/rehearsal.md', 'docs/rehearsal-real.md'])

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .map((file) => `docs/${file.replaceAll('\\', '/')}`)
  .filter((page) => page.endsWith('.md') && !ELSEWHERE.has(page))

/** The modules of a page: its files, or all of its code as one. */
function modulesOf(page: string): (readonly [path: string, code: string])[] {
  const codes = blocksOf(page).map(({ code }) => code)
  const name = page.replace(/\W/g, '-')
  const folder = FILES[page]
  if (folder !== undefined) return codes.map((code, n) => [resolve(folder, `${name}-${n}.ts`), code] as const)
  return codes.length === 0 ? [] : [[resolve(`test/pages/${name}.ts`), `${codes.join('\n')}\nexport {}\n`]]
}

const modules = new Map(['README.md', ...pages].map((page) => [page, modulesOf(page)] as const))

describe('pages with code', () => {
  it('are found', () => {
    const count = (page: string) => modules.get(page)?.length ?? 0
    expect(['README.md', 'docs/sessions.md', 'docs/sub-agents.md'].map(count)).toEqual([1, 1, 1])
    expect([count('docs/schedules.md'), count('docs/versions.md')]).toEqual([1, 1])
    expect(count('docs/bring-your-own.md')).toBeGreaterThanOrEqual(6)
  })

  // One program for all of them: most of the time goes into the types of the libraries.
  it('show code that compiles', () => {
    const found = complaintsOf(
      new Map([...[...modules.values()].flat(), [resolve('test/pages/agents.ts'), TWO_VERSIONS]]),
    )
    expect([...found].filter(([, complaints]) => complaints.length > 0)).toEqual([])
  }, 120_000)
})
