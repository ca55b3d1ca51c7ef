import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, it } from 'vitest'
import type { Op } from '../src/core/ops.js'
import { effect, type Hand, sharedCharge } from '../src/testing/conformance/hand.js'
import { stage } from './isolation/stage.js'

const VERBS = ['begin', 'settle', 'claim', 'park', 'end', 'admit', 'engage', 'answer'] as const
const on = stage()

/** `it.each` puts its first column or its values for %s. */
function pairsPlayed(): Set<string> {
  const played = new Set<string>()
  for (const file of readdirSync(import.meta.dirname).filter((name) => name.startsWith('isolation-'))) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8')
    for (const [, values = '', first = '', second = ''] of text.matchAll(
      /\bit(?:\.each\((\[[^\]]*\]|\w+)[^)]*\))?\(\s*'(\w+) then (\w+|%s):/g,
    )) {
      const seconds = second === '%s' ? [...values.matchAll(/'(\w+)'/g)].map(([, value]) => value) : [second]
      for (const each of seconds) played.add(`${first} then ${each}`)
    }
  }
  return played
}

it('plays every verb against every other, each of the two first', () => {
  const pairs = VERBS.flatMap((first) => VERBS.map((second) => `${first} then ${second}`))
  expect(pairs.filter((pair) => !pairsPlayed().has(pair))).toEqual([])
})

const SEED = Number(process.env.MIDWATCH_SEED ?? 20_260_131)

/** A small generator of its own, so that a seed replays on any machine. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function shuffled<T>(all: readonly T[], pick: (below: number) => number): T[] {
  return all
    .map((value) => ({ value, at: pick(1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

it(`batches over the same runs, keys, locks and meters never deadlock (seed ${SEED})`, async () => {
  const pick = seeded(SEED)
  const crew = await Promise.all([1, 2, 3, 4, 5, 6].map(() => on.scene.held()))
  const scopes = ['x', 'y', 'z'].map((name) => `tenant:${on.scene.tenant}/${name}`)
  const before = await deadlocks()
  for (let round = 0; round < 60; round += 1) {
    const begins = crew.map((hand, n): Op => {
      const charges = shuffled(scopes, pick).map((scope) => sharedCharge(scope, 1, null))
      const locks = shuffled([`a${round}-${n}`, `b${round}-${n}`], pick)
      return hand.begin({ charges, locks, effect: effect(`${round}-${n}`) })
    })
    const halves = [begins.slice(0, 3), begins.slice(3)]
    // Both of one pair touch the same meters; the third touches the same runs and keys.
    const batches = [...halves, shuffled(begins, pick)].map((batch) => shuffled(batch, pick))
    const answers = await Promise.all(batches.map((batch) => on.scene.ledger.apply(batch)))
    expect(answers.flat().filter(({ code }) => code === 'ok')).toHaveLength(crew.length)
    await Promise.all(crew.map((hand) => settleHead(hand)))
  }
  expect(await deadlocks()).toBe(before)
})

async function settleHead(hand: Hand): Promise<void> {
  hand.head += 1
  await hand.must(hand.settle(hand.head, { used: [1, 1, 1] }))
}

/** The ledger tries a collision again and hides it: the server counts them. */
async function deadlocks(): Promise<number> {
  const client = new pg.Client(on.arena.url)
  await client.connect()
  const { rows } = await client.query('select deadlocks::int from pg_stat_database where datname = current_database()')
  await client.end()
  return rows[0].deadlocks
}
