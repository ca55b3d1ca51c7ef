import { expect } from 'vitest'
import type { Scene } from '../../src/testing/conformance/scene.js'
import { type Arena, apply } from '../isolation/arena.js'

const keyOf = (scene: Scene) => `tool:${scene.agent}`

/** A breaker whose cool-down is over, with one probe a round. */
async function opened(scene: Scene, coolDownMs = 0): Promise<void> {
  const how = { to: 'open', coolDownMs, probesMost: 1, opened: 1, reason: 'so' } as const
  await scene.ledger.breakers.move({ key: keyOf(scene), revision: 0, ...how })
}

/** What circuit breakers promise. */
export const BREAKER_CHECKS = {
  'of two begins at once one takes the last probe': async (scene: Scene, arena: Arena) => {
    const [hand, rival] = [await scene.held(), await scene.held()]
    await opened(scene)
    const breaker = keyOf(scene)
    const { first, second } = await arena.duel(apply(hand.begin({ breaker })), apply(rival.begin({ breaker })))
    expect([first.code, second.code]).toEqual(['ok', 'breaker_open'])
    expect(second.breaker).toMatchObject({ key: breaker, state: 'half_open' })
  },
  'an isolation waits for the begin before it': async (scene: Scene, arena: Arena) => {
    const hand = await scene.held()
    const breaker = keyOf(scene)
    const { first, waited } = await arena.duel(apply(hand.begin({ breaker })), (ledger) =>
      ledger.breakers.isolate({ key: breaker, by: 'ann' }),
    )
    expect([first.code, waited]).toEqual(['ok', true])
  },
  'a begin that waited for an isolation is refused': async (scene: Scene, arena: Arena) => {
    const hand = await scene.held()
    const breaker = keyOf(scene)
    const { second } = await arena.duel(
      (ledger) => ledger.breakers.isolate({ key: breaker, by: 'ann' }),
      apply(hand.begin({ breaker })),
    )
    expect(second.code).toBe('breaker_open')
  },
  'an open breaker stops what nothing else would': async (scene: Scene) => {
    const hand = await scene.held()
    await opened(scene, 5_000)
    expect((await hand.put(hand.begin({ breaker: keyOf(scene) }))).code).toBe('breaker_open')
  },
}
