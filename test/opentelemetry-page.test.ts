import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ATTRIBUTES, EVENTS, METRICS } from '../src/otel/conventions.js'
import { importsOf } from './architecture/imports.js'
import { TABLES, withTables } from './otel/tables.js'
import { isProduct, readSources } from './sources.js'

const PAGE = 'docs/opentelemetry.md'
const source = readSources('src', isProduct)

it('the page has the tables of src/otel/conventions.ts: WRITE_TABLES=1 npx vitest run test/opentelemetry-page.test.ts writes them', () => {
  const page = readFileSync(PAGE, 'utf8')
  if (process.env.WRITE_TABLES) writeFileSync(PAGE, withTables(page))
  for (const name of Object.keys(TABLES)) expect(page).toContain(`<!-- table: ${name} -->`)
  expect(readFileSync(PAGE, 'utf8')).toBe(withTables(page))
})

it('no other file of src/ spells a name of the table', () => {
  const names = [
    ...Object.values(ATTRIBUTES).map(([name]) => name),
    ...Object.values(EVENTS).map(([name]) => name),
    ...Object.values(METRICS).map(({ name }) => name),
  ]
  const spelt = source
    .filter(({ path }) => path !== 'src/otel/conventions.ts')
    .flatMap(({ path, text }) => names.filter((name) => text.includes(`'${name}'`)).map((name) => `${path}: ${name}`))
  expect(spelt).toEqual([])
  const genai = source.filter(({ path, text }) => path !== 'src/otel/conventions.ts' && /['"`]gen_ai\./.test(text))
  expect(genai.map(({ path }) => path)).toEqual([])
})

it('nothing of OpenTelemetry is loaded unless it is asked for', () => {
  const known = new Set(source.map(({ path }) => path))
  const named = source.filter(({ path, text }) => /opentelemetry|otel/.test(path + text))
  const imports = named.flatMap((file) => importsOf(file, known).map((one) => ({ ...one, text: file.text })))
  const isOtel = (path = '') => path.startsWith('src/otel/')
  expect(imports.filter((one) => one.specifier.startsWith('@opentelemetry/') && !isOtel(one.from))).toEqual([])
  const doors = imports.filter((one) => isOtel(one.file) && !isOtel(one.from)).map((one) => one.file)
  expect([...new Set(doors)]).toEqual(['src/otel/load.ts'])
  const behind = imports.filter((one) => one.from === 'src/otel/load.ts' && isOtel(one.file))
  expect(behind.map((one) => one.specifier)).toEqual(['./telemetry.js'])
  expect(behind[0]?.text).toContain("await import('./telemetry.js')")
})
