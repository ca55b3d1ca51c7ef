import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hasOutsideData, NO_OUTSIDE_DATA, readFullTraces, readTraces } from './outside-data.js'
import { HALVES, halfOf, scoreOf, signalsOf, signalsOfWords, threeIdentical } from './score.js'
import { ENDING, tableOf } from './table.js'

describe.runIf(hasOutsideData)(`signals on recorded runs of real models (else ${NO_OUTSIDE_DATA})`, () => {
  const traces = hasOutsideData ? readTraces() : []
  const measured = traces.filter((trace) => halfOf(trace) === 'measured')
  const isStopped = (trace: (typeof traces)[number]) => ENDING.some((name) => signalsOf(trace).has(name))

  it('the runs and the rule to be beaten are those of the data', () => {
    const { hits, good } = scoreOf(traces, threeIdentical)
    expect([traces.length, hits, good]).toEqual([4_826, 190, 37])
  })

  it('stop fewer good runs than three identical calls do, and find more of the bad ones', () => {
    const naive = scoreOf(measured, threeIdentical)
    const ours = scoreOf(measured, isStopped)
    expect(ours.good).toBeLessThan(naive.good)
    expect(ours.precision).toBeGreaterThan(naive.precision)
    expect(ours.recall).toBeGreaterThanOrEqual(naive.recall)
  })

  it('have the figures that their page gives', () => {
    const page = readFileSync(new URL('../../docs/signals.md', import.meta.url), 'utf8')
    expect(page).toContain(tableOf(traces))
  })

  it('do so on either half', () => {
    for (const half of HALVES) {
      const runs = traces.filter((trace) => halfOf(trace) === half)
      const [naive, ours] = [scoreOf(runs, threeIdentical), scoreOf(runs, isStopped)]
      expect(ours.precision).toBeGreaterThan(naive.precision)
      expect(ours.recall).toBeGreaterThanOrEqual(naive.recall)
    }
  })

  it('take what was done for done: hardly any claim of a model that did act', () => {
    const claims = scoreOf(readFullTraces(), (trace) => signalsOfWords(trace).has('unconfirmed_claim'))
    expect(claims).toMatchObject({ hits: 1, good: 0 })
  })
})
