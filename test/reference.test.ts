import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exportedBy } from '../scripts/reference/exported.js'
import { referencePage } from '../scripts/reference/page.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-reference-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A module of one's own, read as the reference reads ours. */
function read(name: string, text: string) {
  writeFileSync(join(folder, name), text)
  return exportedBy(join(folder, name))
}

describe('docs/reference.md', () => {
  it('is what the code exports now; `npm run reference` writes it anew', () => {
    expect(readFileSync('docs/reference.md', 'utf8')).toBe(referencePage())
  })

  it('names each export of every entry once, with what a user needs first', () => {
    const page = referencePage()
    for (const name of [
      'agent',
      'tool',
      'midwatch',
      'escalate',
      'scriptedModel',
      'ledgerConformance',
      'expectSurvival',
    ])
      expect(page.split(`- **\`${name}\`**`).length, name).toBe(2)
    expect(page).toContain('(type)')
    // What an author of expectations asks: what the ledger kept of a run, and whom it had asked.
    expect(page).toContain('  - `escalations: readonly Escalation[]`')
    expect(page).toMatch(/^ {2}- `kind: 'approval' \| 'doubt' \| 'question'`/m)
    expect(page).toMatch(/^ {2}- `usual: PersonSays \| null`: \S/m)
    expect(page.match(/^ {2}`.+`$/gm)?.length).toBe(page.match(/^- \*\*/gm)?.length)
  })
})

describe('what a module exports', () => {
  it('is found where it is declared, under the name that it is given', () => {
    read(
      'inner.ts',
      '/** Adds. And more. */\nexport const add = (a: number, b = 1): number => a + b\nconst hidden = 1\n',
    )
    const [sum] = read('outer.ts', "export { add as sum } from './inner.js'\nfunction own() {}\n")
    expect(sum).toMatchObject({
      name: 'sum',
      kind: 'function',
      about: 'Adds.',
      signature: 'add(a: number, b = 1): number',
    })
  })

  it('is told by its members, without their comments, and cut where it is long', () => {
    const words = Array.from({ length: 60 }, (_, i) => `'word${i}'`).join(' | ')
    const all = read(
      'shapes.ts',
      `export interface A<T> { /** One. */ a: T; b?: string; c(): void }\nexport type W = ${words}\n`,
    )
    expect(all[0]?.signature).toBe('A<T> { a, b?, c }')
    expect(all[1]?.signature).toMatch(/…$/)
    expect(all[1]?.signature.length).toBeLessThanOrEqual(180)
  })

  it('is told field by field, with the words that a name stands for', () => {
    read('words.ts', "export const ENDS = ['good', 'bad'] as const\nexport type End = (typeof ENDS)[number]\n")
    const [tale] = read(
      'tale.ts',
      "import type { End } from './words.js'\nexport interface Tale {\n  /** How it\n   * ends. */\n  end?: End | null\n  tell(to: string): void\n}\n",
    )
    expect(tale?.fields).toEqual([
      { name: 'end?', type: "'good' | 'bad' | null", about: 'How it ends.' },
      { name: 'tell', type: '(to: string): void', about: '' },
    ])
  })

  it('may not be everything of another module', () => {
    expect(() => read('star.ts', "export * from './inner.js'\n")).toThrow('named one by one')
  })
})
