import { expect, test } from 'vitest'
import type { FaultName, Strike } from '../fault.js'
import { handMade } from '../surroundings.fixture.js'
import { Messengers } from './messengers.js'

const messages = [{ input: 'a' }, { input: 'b', key: 'own', afterMs: 500 }] as const
const scene = (fault: FaultName | null) => {
  const strike = { fault: fault ?? 'message_late', place: 'message:1#1' } as Strike
  const s = handMade({ stories: [{ name: 'tale', messages }] }, fault ? [strike] : [])
  const actor = new Messengers(s)
  actor.start()
  return { s, actor, strike }
}
const inputs = ({ s }: ReturnType<typeof scene>) => s.admitted.map(({ input }) => input)

test('each message comes once and on time', async () => {
  const here = scene(null)
  expect(here.actor.busy).toBe(true)
  await here.s.clock.advance(499)
  expect(inputs(here)).toEqual(['a'])
  await here.s.clock.advance(1)
  expect(inputs(here)).toEqual(['a', 'b'])
  expect(here.actor.busy).toBe(false)
})

test('a duplicate is the same message again, sooner or later', async () => {
  const here = scene('message_duplicate')
  await here.s.clock.advance(86_400_000)
  expect(inputs(here).length).toBeGreaterThan(2)
  expect(new Set(here.s.admitted.slice(1))).toEqual(new Set([messages[1]]))
  expect(here.s.fates.bitten.has(here.strike)).toBe(true)
  expect(here.actor.busy).toBe(false)
})

test('a late one comes once', async () => {
  const here = scene('message_late')
  await here.s.clock.advance(1_400)
  expect(inputs(here)).toEqual(['a'])
  expect([here.actor.busy, here.s.fates.bitten.size]).toEqual([true, 0])
  await here.s.clock.advance(1_200_500)
  expect(inputs(here)).toEqual(['a', 'b'])
  expect(here.s.fates.bitten.has(here.strike)).toBe(true)
})
