import { expect, it } from 'vitest'
import { z } from 'zod'
import { servesKey } from '../orchestrator/definition.js'
import { flow } from '../orchestrator/flow.js'
import { takingOver } from './take-over.js'

const version = (name: string, no: number, accepts: readonly number[] = []) =>
  flow({ name, version: no, accepts, input: z.object({}), run: async () => no }).definition
const all = (...definitions: ReturnType<typeof version>[]) => new Map(definitions.map((one) => [servesKey(one), one]))
const pin = (agent: string, no: number, fingerprint = 'of-old') => ({
  ...{ agent, version: no, fingerprint, misfit: false, runs: 1, first: 'r' },
})
const accepted = (given: ReturnType<typeof all>, ...pins: ReturnType<typeof pin>[]) =>
  [...takingOver(given, pins).values()].map(({ name, version: no, accepts }) => [`${name}@${no}`, accepts])

it('the definition of the same version takes what other code of it left', () => {
  expect(accepted(all(version('f', 1), version('f', 2)), pin('f', 1))).toEqual([
    ['f@1', [1]],
    ['f@2', []],
  ])
})

it('the newest takes versions that are gone, older and newer ones, beside those that it accepts', () => {
  expect(accepted(all(version('f', 2, [7]), version('f', 3)), pin('f', 1), pin('f', 9))).toEqual([
    ['f@2', [7]],
    ['f@3', [1, 9]],
  ])
})

it('what is served already, and what nobody has a name for, changes nothing', () => {
  const one = version('f', 1, [4])
  const given = all(one)
  expect(accepted(given, pin('f', 1, one.fingerprint), pin('f', 4), pin('g', 1))).toEqual([['f@1', [4]]])
})
