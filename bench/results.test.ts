import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chartsOf } from './chart/charts.js'
import { describeEnvironment } from './environment.js'
import { between } from './readme.js'
import { readResults, writeResults } from './results.js'
import { tableOf } from './table.js'

const RECORDED = new URL('./recorded.json', import.meta.url).pathname
const scratch = () => join(mkdtempSync(join(tmpdir(), 'midwatch-bench-')), 'results.json')

describe('results that were kept', () => {
  const results = readResults(RECORDED)
  const table = tableOf(results.rows, results.environment.quiet)

  it('come back as they were written', () => {
    const file = scratch()
    writeResults(file, results)
    expect(readResults(file)).toEqual(results)
    expect(JSON.parse(readFileSync(file, 'utf8')).options).toEqual({ rounds: 3, windowMs: 2_000 })
  })

  it('of something else are refused', () => {
    const file = scratch()
    writeFileSync(file, '{"rows":[]}')
    expect(() => readResults(file)).toThrow('holds no results of the bench')
  })

  it('make a table with all rows, met and missed targets, and those who could not be started', () => {
    const lines = table.split('\n')
    expect(lines).toHaveLength(results.rows.length + 2)
    expect(new Set(lines.map((line) => line.length)).size).toBe(1)
    expect(table).toContain('≥ 4 × DBOS: yes')
    expect(table).toContain('≥ 10 × LangGraph.js: NO')
    expect(table).toContain('could not be started: no such package')
    expect(table).toContain('≥ 500/s: not on a busy machine')
  })

  it('make the charts of what was measured', () => {
    expect([...chartsOf(results.rows).keys()]).toEqual(['throughput', 'latency', 'cpu', 'duplicates'])
  })

  it('say where they come from, and what of each peer was installed', () => {
    const said = describeEnvironment(results.environment)
    expect(said).toContain('DBOS (5.3.0)')
    expect(said).toContain('Mastra + PostgreSQL (1.71.0, absent)')
    expect(said).toContain('trust the ratios alone')
  })
})

describe('a page with marks', () => {
  const page = 'before\n<!-- table: npm run bench -- --readme -->\nold\n<!-- /table -->\nafter'

  it('gets something else between them, and keeps the rest', () => {
    const again = between(page, 'table', 'new')
    expect(again).toBe(page.replace('old', 'new'))
    expect(between(again, 'table', 'old')).toBe(page)
  })

  it('that has lost them is refused', () => {
    expect(() => between(page, 'charts', 'new')).toThrow('lost the marks of its charts')
  })
})
