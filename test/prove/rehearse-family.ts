import { fileURLToPath } from 'node:url'
import { conduct } from '../../src/rehearse/conduct.js'
import { scorecard } from '../../src/rehearse/report/scorecard.js'
import { family } from '../rehearse/family.js'

export const name = 'rehearse-family'
export const about = 'runs that call runs, map rows, race and go on as others: every single fault, and 3,000 seeds'

const CASES = 3_000

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const loaded = [{ scenario: family, file: fileURLToPath(new URL('../rehearse/family.ts', import.meta.url)) }]
  const { signal: stop } = new AbortController()
  const options = { seed: 1, cases: CASES, pairs: 0, forMs: Number.POSITIVE_INFINITY, faults: null, naive: false }
  const report = await conduct(loaded, { ...options, mode: 'both', processes: 2 }, { stop })
  console.log(scorecard(report), '\n')
  const { done = 0, possible = 0 } = report.scenarios[0]?.enumerated?.singles ?? {}
  const summary = `${done} of ${possible} single faults and ${CASES} seeds: ${report.ok ? 'all hold' : 'some broke'}`
  return { summary, ok: report.ok && done === possible && possible > 0 }
}
