import { expect } from 'vitest'
import type { Tallied } from '../../core/breakers.js'
import { LIMITS } from '../../core/limits.js'
import { clause } from './clause.js'
import { ownCharge } from './hand.js'
import type { Scene } from './scene.js'

const NOTHING: Tallied = { slots: {}, probes: {} }

/** A breaker of this scene's own: they are for everybody. */
const keyOf = (s: Scene): string => `tool:${s.agent}`

async function opened(s: Scene, wish: { revision?: number; probesMost?: number } = {}): Promise<void> {
  const { revision = 0, probesMost = 2 } = wish
  const how = { coolDownMs: 5_000, probesMost, opened: 1, reason: '9 of 10 calls failed' }
  expect(await s.ledger.breakers.move({ key: keyOf(s), revision, to: 'open', ...how })).toEqual({ code: 'ok' })
}

const closing = { to: 'closed' as const, coolDownMs: 0, probesMost: 2, opened: 1, reason: '2 probes passed' }
const rowOf = async (s: Scene) => (await s.ledger.breakers.list()).find(({ key }) => key === keyOf(s))
const movesOf = async (s: Scene) =>
  (await s.ledger.breakers.moves({ key: keyOf(s) })).map(({ was, state, by }) => `${was} ${state} ${by}`)

export const breakers = [
  clause('a closed one lets everything through and leaves no trace', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ breaker: keyOf(s) }))
    expect(await rowOf(s)).toBeUndefined()
  }),

  // A dead endpoint must not be asked by everybody.
  clause('an open one refuses begins that name it, and no others, and says until when', async (s) => {
    const hand = await s.held()
    await opened(s)
    const { until } = (await rowOf(s)) ?? {}
    const charges = [ownCharge(1, 10)]
    expect(await hand.put(hand.begin({ breaker: keyOf(s), charges }))).toMatchObject({
      code: 'breaker_open',
      breaker: { key: keyOf(s), state: 'open', until },
    })
    expect((await s.run(hand.runId)).meters.usd).toEqual({ used: 0, reserved: 0 })
    await hand.must(hand.begin({ breaker: `${keyOf(s)}-other` }))
    await hand.must(hand.begin())
  }),

  // Nobody is woken for it: the first who asks after the cool-down probes.
  clause('after its cool-down a few probes are let through, and no more', async (s) => {
    const hand = await s.held()
    await opened(s)
    await s.advance(5_000)
    const begin = () => hand.begin({ breaker: keyOf(s) })
    expect(await hand.put(begin())).toMatchObject({ code: 'ok', probe: 2 })
    expect(await hand.put(begin())).toMatchObject({ code: 'ok', probe: 2 })
    expect(await hand.put(begin())).toMatchObject({ code: 'breaker_open', breaker: { state: 'half_open' } })
    expect(await rowOf(s)).toMatchObject({ state: 'half_open', revision: 2, probes: 0, probesMost: 2, by: 'fleet' })
    const entries = await s.ledger.journal({ runId: hand.runId })
    expect(entries.filter(({ kind }) => kind === 'begin').map(({ facts }) => facts.probe)).toEqual([
      { key: keyOf(s), revision: 2 },
      { key: keyOf(s), revision: 2 },
    ])
  }),

  // Sent again, it must not take another one's place.
  clause('a twin of a probe is the same probe', async (s) => {
    const hand = await s.held()
    await opened(s)
    await s.advance(5_000)
    const op = hand.begin({ breaker: keyOf(s) })
    await hand.must(op)
    expect(await hand.put(op)).toMatchObject({ code: 'already', probe: 2 })
    expect(await rowOf(s)).toMatchObject({ probes: 1 })
  }),

  // A refused begin must not use up what others could have tried with.
  clause('a begin that is refused for another reason takes no probe', async (s) => {
    const hand = await s.held()
    await opened(s)
    await s.advance(5_000)
    const charges = [ownCharge(11, 10)]
    expect(await hand.put(hand.begin({ breaker: keyOf(s), charges }))).toMatchObject({ code: 'ceiling' })
    expect(await rowOf(s)).toMatchObject({ state: 'open', revision: 1 })
  }),

  // Its worker may have died with them.
  clause(
    'probes that were never heard of are followed by another round, once they can no longer be acting',
    async (s) => {
      const hand = await s.held()
      await opened(s)
      await s.advance(5_000)
      await hand.must(hand.begin({ breaker: keyOf(s), timeoutMs: 10_000 }))
      await hand.must(hand.begin({ breaker: keyOf(s) }))
      await s.advance(10_000 + LIMITS.grace_ms + LIMITS.probe_told_ms - 1)
      expect(await hand.put(hand.begin({ breaker: keyOf(s) }))).toMatchObject({ code: 'breaker_open' })
      await s.advance(1)
      expect(await hand.put(hand.begin({ breaker: keyOf(s) }))).toMatchObject({ code: 'ok', probe: 3 })
      expect(await rowOf(s)).toMatchObject({ state: 'half_open', revision: 3, probes: 1 })
    },
  ),

  // Two workers that look at the same numbers decide the same.
  clause('it moves once for what was seen, and only as there is a move', async (s) => {
    const hand = await s.held()
    const key = keyOf(s)
    expect(await s.ledger.breakers.move({ key, revision: 0, ...closing })).toEqual({ code: 'moved' })
    await opened(s)
    expect(await s.ledger.breakers.move({ key, revision: 1, ...closing })).toEqual({ code: 'moved' })
    expect(await s.ledger.breakers.move({ key, revision: 1, ...closing, to: 'open' })).toEqual({ code: 'moved' })
    await s.advance(5_000)
    await hand.must(hand.begin({ breaker: key }))
    expect(await s.ledger.breakers.move({ key, revision: 1, ...closing })).toEqual({ code: 'moved' })
    expect(await s.ledger.breakers.move({ key, revision: 2, ...closing })).toEqual({ code: 'ok' })
    expect(await s.ledger.breakers.move({ key, revision: 2, ...closing })).toEqual({ code: 'moved' })
    expect(await movesOf(s)).toEqual(['closed open fleet', 'open half_open fleet', 'half_open closed fleet'])
    expect(await hand.put(hand.begin({ breaker: key }))).not.toHaveProperty('probe')
  }),

  // A person knows more than any window.
  clause('isolated by hand it lets nothing through until a person releases it', async (s) => {
    const hand = await s.held()
    const key = keyOf(s)
    expect(await s.ledger.breakers.release({ key, by: 'ann', jitterMs: 0 })).toEqual({ code: 'unchanged' })
    expect(await s.ledger.breakers.isolate({ key, by: 'ann', reason: 'it pays twice' })).toEqual({ code: 'ok' })
    expect(await s.ledger.breakers.isolate({ key, by: 'bob' })).toEqual({ code: 'unchanged' })
    await s.advance(3_600_000 / 2)
    const other = await s.held()
    const refused = { code: 'breaker_open', breaker: { key, state: 'isolated', until: null } }
    expect(await other.put(other.begin({ breaker: key }))).toMatchObject(refused)
    expect(await rowOf(s)).toMatchObject({ state: 'isolated', by: 'ann', reason: 'it pays twice' })
    await other.must(other.park({ waits: `breaker:${key}`, dueAt: (await s.ledger.now()) + 600_000 }))
    expect(await s.ledger.breakers.release({ key, by: 'bob', jitterMs: 0 })).toEqual({ code: 'ok' })
    expect((await s.run(other.runId)).dueAt).toBe(await s.ledger.now())
    const again = await s.claim(await s.worker(), other.runId)
    expect(await again.put(again.begin({ breaker: key }))).toMatchObject({ code: 'ok', probe: 2 })
    expect(await movesOf(s)).toEqual(['closed isolated ann', 'isolated half_open bob'])
    expect(hand.runId).not.toBe(other.runId)
  }),

  clause('opening, isolation and release are told to people', async (s) => {
    const key = keyOf(s)
    await opened(s)
    await s.ledger.breakers.isolate({ key, by: 'ann' })
    await s.ledger.breakers.release({ key, by: 'bob', jitterMs: 0 })
    const told = await s.ledger.notices({ limit: 1_000, retryAfterMs: 0 })
    const own = told
      .filter(({ kind, body }) => kind === 'breaker' && body.includes(key))
      .map(({ body }) => JSON.parse(body))
    expect(own).toEqual([
      { key, reason: '9 of 10 calls failed', state: 'open' },
      { by: 'ann', key, state: 'isolated' },
      { by: 'bob', key, state: 'half_open' },
    ])
  }),

  // Each writes a row of its own, and none waits for another.
  clause('what workers tell of their calls is heard by the others, for as long as it is asked for', async (s) => {
    const [one, two] = [await s.worker(), await s.worker()]
    const key = keyOf(s)
    const at = await s.ledger.now()
    const told: Tallied = {
      slots: { [key]: [{ at, calls: 3, failures: 2, retries: 1 }] },
      probes: { [key]: { revision: 2, passed: 1, failed: 0 } },
    }
    await s.ledger.breakers.tell({ workerId: one, told, withinMs: 10_000 })
    const heard = async () => (await s.ledger.breakers.tell({ workerId: two, told: NOTHING, withinMs: 10_000 })).others
    expect((await heard()).filter(({ slots }) => key in slots)).toEqual([told])
    const own = await s.ledger.breakers.tell({ workerId: one, told, withinMs: 10_000 })
    expect(own.others.filter(({ slots }) => key in slots)).toEqual([])
    await s.advance(10_000)
    expect((await heard()).filter(({ slots }) => key in slots)).toEqual([])
  }),
]
