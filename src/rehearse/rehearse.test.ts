import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { cracked } from '../../test/cli/cracked.js'
import bell from '../../test/cli/rehearsals/bell.js'
import { scenario } from './define.js'
import { expectSurvival, rehearse } from './rehearse.js'

const said: string[] = []
beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((line) => void said.push(String(line)))
})
afterEach(() => {
  vi.restoreAllMocks()
  said.length = 0
})

it('gives the same report for the same seed, and says which seed it was', { timeout: 60_000 }, async () => {
  const of = () => rehearse(bell, { mode: 'explore', cases: 15, seed: 7 })
  const [one, again] = [await of(), await of()]
  expect(again.scenarios).toEqual(one.scenarios)
  expect(() => expectSurvival(one)).not.toThrow()
  expect(said[0]).toBe('Rehearsed bell: 17 cases, seed 7, all hold.')
  expect((await rehearse(bell, { mode: 'explore', cases: 15, seed: 8 })).scenarios[0]?.digest).not.toBe(
    one.scenarios[0]?.digest,
  )
})

it('fails with the command that breaks it again', { timeout: 60_000 }, async () => {
  const options = { mode: 'enumerate', cases: 20, pairs: 0, faults: ['crash'], file: 'test/cli/cracked.ts' } as const
  const report = await rehearse(cracked, options)
  expect(() => expectSurvival(report)).toThrow(
    /did not hold \(seed 1\)\.\nnpx midwatch rehearse test\/cli\/cracked\.ts --story once --seed 1 --strike 'crash@/,
  )
})

it('enumerates every single fault, however many there are', { timeout: 60_000 }, async () => {
  const report = await rehearse(bell, { mode: 'enumerate', pairs: 0, faults: ['crash', 'clock_skew'] })
  const { done, possible } = report.scenarios[0]?.enumerated?.singles ?? { done: 0, possible: 1 }
  expect([done, report.ok]).toEqual([possible, true])
  expect(possible).toBeGreaterThan(200)
})

it('goes by the conventional file where none is named', { timeout: 60_000 }, async () => {
  const report = await rehearse(bell, { mode: 'explore', cases: 1 })
  expect(report.scenarios[0]?.file).toBe('rehearsals/bell.ts')
})

it('plays a calm night where no fault is named', { timeout: 60_000 }, async () => {
  const report = await rehearse(bell, { mode: 'explore', cases: 3, faults: [] })
  expect([report.ok, report.scenarios[0]?.tally.faults]).toEqual([true, {}])
})

it('refuses a fault that there is not', async () => {
  await expect(rehearse(bell, { faults: ['weather' as 'tools'] })).rejects.toMatchObject({ code: 'usage' })
})

it('plays nothing of a scenario with a stand-in of no tool', async () => {
  const options = { ...bell.options, name: 'strayed', tools: () => ({ rign: 'generated' }) as const }
  await expect(rehearse(scenario(options))).rejects.toMatchObject({
    code: 'invalid_definition',
    message: expect.stringMatching(/^scenario 'strayed': tools: no agent has a tool 'rign'; there are \w+/),
  })
})
