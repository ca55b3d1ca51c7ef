import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const readme = readFileSync('README.md', 'utf8')
const lines = readme.split('\n')
const snippet = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''

describe('the README', () => {
  it('says what it is, how to start, what that shows and how code looks by line 20', () => {
    const top = lines.slice(0, 20).join('\n')
    expect(top).toMatch(/^\*\*Midwatch\*\* .+\./)
    expect(top).toContain('npm start')
    expect(top).toContain('duplicates')
    expect(top).toMatch(/```ts[\s\S]*```/)
    expect(snippet.trim().split('\n').length).toBeLessThanOrEqual(10)
  })

  it('points at pages that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1] ?? '')
    expect(links.length).toBeGreaterThan(5)
    expect(links.filter((link) => !ts.sys.fileExists(link) && !ts.sys.directoryExists(link))).toEqual([])
  })
})
