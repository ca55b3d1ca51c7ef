import { expect, it } from 'vitest'
import type { Strike } from '../fault.js'
import type { Verdict } from '../verdict.js'
import type { Case } from './case.js'
import { shrink } from './shrink.js'
import { readStrike, showStrike } from './strike-text.js'

const THING = { row: 'I3', what: 'Twice.' } as const
const SOME = [1, 2, 3, 4, 5, 6, 7].map((nth) => readStrike(`crash@call:a#${nth}`))

function verdictOf(one: Case, breaks: boolean, row: 'I3' | 'I4' = 'I3'): Verdict {
  const violations = breaks ? [{ invariant: row, what: 'Twice.', numbers: {} }] : []
  return { ok: !breaks, violations, broken: [], struck: one.strikes ?? [] } as unknown as Verdict
}

const shown = (strikes: readonly Strike[] | null) => (strikes ?? []).map(showStrike)

/** Shrinks a case that breaks by `breaks`, and tells what was played. */
async function shrunk(strikes: readonly Strike[], breaks: (one: Case) => boolean, messages = 1) {
  const found: Case = { scenario: 's', story: 't', seed: 1, strikes }
  const played: string[] = []
  const play = async (one: Case) => {
    played.push(shown(one.strikes).join(' '))
    return verdictOf(one, breaks(one))
  }
  return { ...(await shrink(found, verdictOf(found, true), THING, play, messages)), played }
}

const has = ({ strikes }: Case, ...wanted: string[]) => wanted.every((one) => shown(strikes).includes(one))

it('leaves out every strike that it does not take', async () => {
  const small = await shrunk(SOME, (one) => has(one, 'crash@call:a#2', 'crash@call:a#6'))
  expect(shown(small.case.strikes)).toEqual(['crash@call:a#2', 'crash@call:a#6'])
  expect(small).toMatchObject({ again: true, plays: small.played.length })
  expect(small.plays).toBeLessThan(40)
})

it('comes down to none where it breaks without any', async () => {
  expect((await shrunk(SOME, () => true)).case.strikes).toEqual([])
})

it('moves strikes to the earliest visit that will do', async () => {
  const late = [readStrike('crash@call:a#5')]
  const small = await shrunk(late, ({ strikes }) => shown(strikes).some((one) => Number(one.split('#')[1]) >= 3))
  expect(shown(small.case.strikes)).toEqual(['crash@call:a#3'])
})

it('leaves messages out', async () => {
  const small = await shrunk(SOME.slice(0, 1), (one) => (one.messages ?? [1, 2, 3]).includes(2), 3)
  expect(small.case.messages).toEqual([2])
})

it('says so where the same strikes do not break it again', async () => {
  const small = await shrunk(SOME, () => false)
  expect(small).toMatchObject({ again: false, plays: 1 })
  expect(small.case.strikes).toEqual(SOME)
})

it('does not take another invariant for the same', async () => {
  const found: Case = { scenario: 's', story: 't', seed: 1, strikes: SOME.slice(0, 2) }
  const play = async (one: Case) => verdictOf(one, true, (one.strikes ?? []).length < 2 ? 'I4' : 'I3')
  expect((await shrink(found, verdictOf(found, true), THING, play, 1)).case.strikes).toHaveLength(2)
})

it('gives up after so many plays', async () => {
  const many = Array.from({ length: 400 }, (_, at) => readStrike(`crash@call:a#${at + 1}`))
  expect((await shrunk(many, (one) => (one.strikes ?? []).length === 400)).plays).toBeLessThanOrEqual(300)
})
