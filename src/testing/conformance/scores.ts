import { expect } from 'vitest'
import { windowStart } from '../../core/meters.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

const WEEK_MS = 7 * 86_400_000

/** A run that has ended, of a version. */
async function ended(s: Scene, version = 1): Promise<string> {
  const worker = await s.worker({ serves: [`${s.agent}@${version}#print`] })
  const hand = await s.claim(worker, await s.admit({ version }))
  await hand.must(hand.end())
  return hand.runId
}

export const scores = [
  clause('a score of an ended run is kept with who said it, when, and what it cost', async (s) => {
    const runId = await ended(s)
    const at = await s.ledger.now()
    const said = { runId, name: 'helpful', value: 0.25, by: 'verifier', usdMicros: 7, reason: 'Curt.' } as const
    expect(await s.ledger.scores.add(said)).toEqual({ code: 'ok' })
    const row = { ...said, agent: s.agent, version: 1, tenant: s.tenant, who: null, at }
    expect(await s.ledger.scores.of({ runId })).toEqual([row])
    expect(await s.ledger.scores.of({ runId: 'none' })).toEqual([])
  }),

  // A scorer that died after its score was kept is asked again.
  clause('one of each name and source is kept, and the first stays', async (s) => {
    const runId = await ended(s)
    const add = (value: number, by: 'code' | 'verifier' = 'code') =>
      s.ledger.scores.add({ runId, name: 'a', value, by })
    expect([await add(0), await add(1), await add(1, 'verifier')].map(({ code }) => code)).toEqual([
      'ok',
      'unchanged',
      'ok',
    ])
    const kept = (await s.ledger.scores.of({ runId })).map(({ by, value }) => [by, value])
    expect(kept).toEqual([
      ['code', 0],
      ['verifier', 1],
    ])
  }),

  clause('of each person the last word holds', async (s) => {
    const runId = await ended(s)
    const add = (who: string, value: number, reason: string | null = null) =>
      s.ledger.scores.add({ runId, name: 'thumb', value, by: 'person', who, reason })
    const codes = [await add('ann', 1), await add('ben', 1), await add('ann', 1), await add('ann', 0, 'It was wrong.')]
    expect(codes.map(({ code }) => code)).toEqual(['ok', 'ok', 'unchanged', 'ok'])
    await s.advance(5)
    expect(await add('ann', 0, 'Quite.')).toEqual({ code: 'ok' })
    const kept = (await s.ledger.scores.of({ runId })).map(({ who, value, reason }) => [who, value, reason])
    expect(kept).toEqual([
      ['ben', 1, null],
      ['ann', 0, 'Quite.'],
    ])
  }),

  clause('only what has ended is scored', async (s) => {
    const add = (runId: string) => s.ledger.scores.add({ runId, name: 'a', value: 1, by: 'code' })
    expect(await add('none')).toEqual({ code: 'unknown_run' })
    const { runId } = await s.held()
    expect(await add(runId)).toEqual({ code: 'not_ended' })
    expect(await s.ledger.scores.of({ runId })).toEqual([])
  }),

  // A worker that died right after the end must not leave an outcome without its score, or with two.
  clause('scores that come with an end are written with it, once', async (s) => {
    const hand = await s.held()
    const op = hand.end({ scores: [{ name: 'b', value: 0.5 }, { name: 'a', value: 1 }] }) // biome-ignore format: two of a kind
    expect((await s.ledger.apply([op, op])).map(({ code }) => code)).toEqual(['ok', 'fenced'])
    const kept = (await s.ledger.scores.of({ runId: hand.runId })).map((row) => [row.name, row.value, row.by])
    expect(kept).toEqual([
      ['a', 1, 'code'],
      ['b', 0.5, 'code'],
    ])
    const stale = await s.held()
    await s.takenOver(stale)
    expect(await stale.put(stale.end({ scores: [{ name: 'a', value: 1 }] }))).toMatchObject({ code: 'fenced' })
    expect(await s.ledger.scores.of({ runId: stale.runId })).toEqual([])
  }),

  clause('weeks count by version and name, for the week in which their runs ended', async (s) => {
    const since = await s.ledger.now()
    const week = windowStart('week', since)
    await s.advance(week + WEEK_MS - since)
    const add = (runId: string, name: string, value: number) =>
      s.ledger.scores.add({ runId, name, value, by: 'verifier' })
    const [one, two, other] = [await ended(s), await ended(s), await ended(s, 2)]
    await s.advance(WEEK_MS)
    for (const [runId, value] of [[one, 0.5], [two, 1], [other, 0.25]] as const) await add(runId, 'good', value) // biome-ignore format: a table
    await add(await ended(s), 'good', 0)
    await add(one, 'brief', 1)
    const [first, second] = [week + WEEK_MS, week + 2 * WEEK_MS]
    const weeks = [
      { version: 1, name: 'brief', week: first, count: 1, sum: 1, sumSquares: 1 },
      { version: 1, name: 'good', week: first, count: 2, sum: 1.5, sumSquares: 1.25 },
      { version: 1, name: 'good', week: second, count: 1, sum: 0, sumSquares: 0 },
      { version: 2, name: 'good', week: first, count: 1, sum: 0.25, sumSquares: 0.0625 },
    ].map((one) => ({ agent: s.agent, ...one }))
    const read = (from: number) => s.ledger.scores.weekly({ agent: s.agent, since: from })
    expect(await read(since)).toEqual(weeks)
    expect(await read(first + 1)).toEqual(weeks)
    expect(await read(second)).toEqual([weeks[2]])
  }),

  clause('erasing takes reasons and leaves scores; pruning leaves both', async (s) => {
    const runId = await ended(s)
    await s.ledger.scores.add({ runId, name: 'a', value: 1, by: 'verifier', reason: 'Ann was pleased.' })
    await s.ledger.erase({ runId })
    await s.ledger.prune({ endedBefore: (await s.ledger.now()) + 1, limit: 1_000 })
    expect(await s.ledger.scores.of({ runId })).toMatchObject([{ name: 'a', value: 1, reason: null }])
  }),
]
