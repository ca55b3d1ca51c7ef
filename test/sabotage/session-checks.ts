import { expect } from 'vitest'
import type { Scene } from '../../src/testing/conformance/scene.js'
import { type Arena, apply } from '../isolation/arena.js'

const steering = { session: 's', whileBusy: 'steer' } as const

/** What sessions promise; each is named by what it would miss. */
export const SESSION_CHECKS = {
  'a message that was told of and not taken in has its turn': async (scene: Scene) => {
    const hand = await scene.held({ session: 's' })
    const message = await scene.admit(steering)
    await hand.must(hand.end())
    expect(await scene.claims(await scene.worker())).toEqual([message])
  },
  'what has come is not given up': async (scene: Scene, arena: Arena) => {
    const [first, second] = [1, 2].map((sequence) => scene.admission({ session: 's', sequence, gapMs: 1_000 }))
    if (!first || !second) throw new RangeError('no messages')
    await scene.ledger.admit(second)
    await scene.advance(1_000)
    await arena.duel(
      (ledger) => ledger.admit(first),
      (ledger) => ledger.passGaps({ limit: 10 }),
    )
    expect((await scene.run(second.runId)).gap).toBeNull()
  },
  'a session’s state is its active run’s': async (scene: Scene) => {
    const workerId = await scene.worker({ leaseMs: 600_000 })
    await scene.claim(workerId, await scene.admit({ session: 's' }))
    const message = await scene.admit({ session: 's', deadlineMs: 5_000 })
    await scene.advance(5_000)
    const late = await scene.claim(workerId, message)
    await late.put(late.note({ state: { version: 1, text: '{}' } }))
    expect((await scene.ledger.session({ tenant: scene.tenant, session: 's' }))?.state).toBeNull()
  },
  'a message that was taken in is not due by itself': async (scene: Scene) => {
    const hand = await scene.held({ session: 's' })
    const message = await scene.admit(steering)
    await hand.must(hand.note({ absorbs: [message] }))
    const woken = await scene.ledger.wake({ runId: message }).catch(() => 'refused')
    expect(woken).toBeUndefined()
    expect((await scene.run(message)).dueAt).toBeNull()
  },
  'no message overtakes one ahead of it': async (scene: Scene) => {
    const hand = await scene.held({ session: 's' })
    await scene.admit(steering)
    const third = await scene.admit(steering)
    expect((await hand.put(hand.note({ absorbs: [third] }))).code).toBe('not_open')
  },
  'a message that meets the killing of itself is not taken in': async (scene: Scene, arena: Arena) => {
    const hand = await scene.held({ session: 's' })
    const message = await scene.admit(steering)
    const { second } = await arena.duel(
      (ledger) => ledger.engage({ scope: `run:${message}`, mode: 'end', by: 'operator' }),
      apply(hand.note({ absorbs: [message] })),
    )
    expect(second.code).toBe('switched')
  },
}
