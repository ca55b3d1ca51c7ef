import { describe, expect, it } from 'vitest'
import { importCycles } from './architecture/cycles.js'
import { importsOf } from './architecture/imports.js'
import { strayStatements } from './architecture/sql.js'
import { ALLOWED, forbiddenImports } from './architecture/table.js'
import { isProduct, readSources, type SourceFile } from './sources.js'

const source = readSources('src', isProduct)
const users = ['examples', 'bench', 'console'].flatMap((folder) => readSources(folder, isProduct))

function allImports(files: readonly SourceFile[]) {
  const known = new Set(files.map(({ path }) => path))
  return files.flatMap((file) => importsOf(file, known))
}

describe('the tree keeps its layers', () => {
  const imports = allImports([...source, ...users])

  it('imports follow the table', () => {
    expect(forbiddenImports(imports)).toEqual([])
  })

  it('no files import each other in a circle, types included', () => {
    expect(importCycles(imports.filter(({ from }) => from.startsWith('src/')))).toEqual([])
  })

  it('SQL stands in src/ledger/postgres and nowhere else in src', () => {
    expect(strayStatements(source)).toEqual([])
  })
})

describe('each rule can fail', () => {
  const made = (files: Record<string, string>): SourceFile[] =>
    Object.entries(files).map(([path, text]) => ({ path, text }))
  const faults = (path: string, text: string, others: Record<string, string> = {}) =>
    forbiddenImports(allImports(made({ [path]: text, ...others }))).join()

  it('every layer is refused every other layer that the table does not name', () => {
    const layers = Object.keys(ALLOWED)
    for (const from of layers) {
      for (const to of layers.filter((layer) => layer !== from)) {
        const found = faults(`src/${from}/a.ts`, `import type { B } from '../${to}/b.js'`, { [`src/${to}/b.ts`]: '' })
        expect(found === '', `${from} → ${to}`).toBe(ALLOWED[from]?.includes(to))
      }
    }
  })

  it.each([
    ["import { b } from '../ledger/b.js'"],
    ["import type { b } from '../ledger/b.js'"],
    ["export * from '../ledger/b.js'"],
    ["type B = import('../ledger/b.js').B"],
    ["const b = await import('../ledger/b.js')"],
    ["const b = require('../ledger/b.js')"],
  ])('core refuses %s', (text) => {
    expect(faults('src/core/a.ts', text)).toContain('core may not import ledger')
  })

  it.each([
    ['src/core/a.ts', 'node:fs', 'core is pure'],
    ['src/core/a.ts', 'pg', 'core is pure'],
    ['src/govern/a.ts', 'zod', 'govern is pure'],
    ['src/ledger/a.ts', 'midwatch', 'its own surface'],
    ['src/ledger/a.ts', '../../test/sources.js', 'may not leave src/'],
    ['src/shared/a.ts', 'zod', 'no layer of the table'],
    ['src/shared.ts', './core/a.js', 'no layer of the table'],
    ['examples/desk/a.ts', '../../src/index.js', 'examples may only reach'],
    ['examples/desk/a.ts', 'midwatch/dist/index.js', 'not of the public surface'],
    ['bench/a.ts', '../src/core/a.js', 'bench may only reach'],
    ['console/a.ts', '../src/runtime.js', 'console may only reach'],
  ])('%s refuses %s', (path, specifier, why) => {
    expect(faults(path, `import '${specifier}'`)).toContain(why)
  })

  it('what is allowed passes', () => {
    expect(faults('src/core/a.ts', "import 'uuid'\nimport 'node:crypto'\nimport './b.js'")).toBe('')
    expect(faults('src/runtime.ts', "import './ledger/memory/a.js'\nimport 'pg'")).toBe('')
    expect(
      faults('examples/desk/a.ts', "import 'midwatch'\nimport 'midwatch/testing'\nimport './b.js'\nimport 'zod'"),
    ).toBe('')
    expect(faults('bench/a.ts', "import '../src/ledger/a.js'\nimport 'midwatch'")).toBe('')
  })

  it('a circle is found, through types and through an index, and a chain is none', () => {
    const circle = {
      'src/core/a.ts': "import './b.js'",
      'src/core/b.ts': "import type { C } from './c'",
      'src/core/c/index.ts': "export * from '../a.js'",
    }
    expect(importCycles(allImports(made(circle)))).toEqual(['src/core/a.ts → src/core/b.ts → src/core/c/index.ts'])
    expect(importCycles(allImports(made({ ...circle, 'src/core/c/index.ts': '' })))).toEqual([])
    expect(importCycles(allImports(made({ 'src/a.ts': "import './a.js'" })))).toEqual(['src/a.ts'])
  })

  it('two circles are two findings', () => {
    const pairs = made({
      'a.ts': "import './b'\nimport './c'",
      'b.ts': "import './a'",
      'c.ts': "import './d'",
      'd.ts': "import './c'",
    })
    expect(importCycles(allImports(pairs)).sort()).toEqual(['a.ts → b.ts', 'c.ts → d.ts'])
  })

  it.each([
    'SELECT 1',
    'select state from runs where id = $1',
    'insert into runs values ($1)',
    'update runs set state = $1',
    'delete from runs',
    'create table runs ()',
    'with due as (select 1) select 2',
    'listen midwatch',
  ])('SQL out of place: %s', (statement) => {
    expect(strayStatements(made({ 'src/services/a.ts': `const a = ${JSON.stringify(statement)}` }))).toHaveLength(1)
    expect(strayStatements(made({ 'src/services/a.ts': `const a = \`${statement} \${b}\`` }))).toHaveLength(1)
    expect(strayStatements(made({ 'src/ledger/postgres/a.ts': `const a = ${JSON.stringify(statement)}` }))).toEqual([])
  })

  it('prose is no SQL', () => {
    const prose = [
      'Update the order set by hand',
      'selected',
      'listen to the customer',
      'Begin again from the start',
      'with care',
    ]
    expect(strayStatements(made({ 'src/services/a.ts': `const a = ${JSON.stringify(prose)}` }))).toEqual([])
  })
})
