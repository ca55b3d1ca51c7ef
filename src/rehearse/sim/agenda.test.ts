import { expect, it } from 'vitest'
import { Agenda, type Happening, type Owner } from './agenda.js'

const owner = (dead = false): Owner => ({ no: 1, dead, still: false, hand: (go) => go() })
const one = (at: number, tie = 0, order = 0, whose = owner()): Happening => {
  return { at, tie, order, owner: whose, run: () => undefined, gone: false, nap: null }
}

function takeAll(agenda: Agenda): string[] {
  const taken: string[] = []
  for (let next = agenda.take(); next; next = agenda.take()) taken.push(`${next.at}/${next.tie}/${next.order}`)
  return taken
}

it('gives what is earliest, then by the tie, then in order of asking', () => {
  const agenda = new Agenda()
  for (const [at, tie, order] of [
    [5, 0, 1],
    [3, 9, 2],
    [3, 1, 4],
    [3, 1, 3],
    [9, 0, 5],
  ] as const)
    agenda.add(one(at, tie, order))
  expect(takeAll(agenda)).toEqual(['3/1/3', '3/1/4', '3/9/2', '5/0/1', '9/0/5'])
})

it('keeps the order of hundreds', () => {
  const agenda = new Agenda()
  const times = Array.from({ length: 500 }, (_, n) => (n * 7_919) % 997)
  for (const [order, at] of times.entries()) agenda.add(one(at, 0, order))
  const taken = takeAll(agenda).map((text) => Number(text.split('/')[0]))
  expect(taken).toEqual([...times].sort((a, b) => a - b))
})

it('passes by what was called off, and what belongs to the dead', () => {
  const agenda = new Agenda()
  const off = one(1)
  agenda.add(off)
  agenda.add(one(2, 0, 0, owner(true)))
  agenda.add(one(3))
  off.gone = true
  expect(agenda.peek()?.at).toBe(3)
  expect(takeAll(agenda)).toEqual(['3/0/0'])
  expect(agenda.peek()).toBeNull()
})
