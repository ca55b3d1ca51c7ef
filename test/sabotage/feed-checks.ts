import { expect } from 'vitest'
import type { Position } from '../../src/core/feed.js'
import type { Scene } from '../../src/testing/conformance/scene.js'
import { type Arena, apply } from '../isolation/arena.js'

/** What a reader finds behind a place, and the place behind that. */
interface Found {
  readonly names: readonly string[]
  readonly next: Position
}

/**
 * Names of the entries behind a place, read until what was written last has come, a mark: other databases of the server may hold it
 * back, and what it does not find before the mark never comes.
 */
async function foundBehind(scene: Scene, place: Position): Promise<Found> {
  const marker = await scene.held()
  const mark = `${marker.runId} ${await marker.must(marker.note())}`
  const names: string[] = []
  let next = place
  while (!names.includes(mark)) {
    const page = await scene.ledger.feed.read({ after: next, limit: 100 })
    if (page.code !== 'ok') throw new RangeError('the place is unknown')
    names.push(...page.entries.map(({ entry }) => `${entry.runId} ${entry.seq}`))
    next = page.next
  }
  return { names, next }
}

/** What is true of the feed. */
export const FEED_CHECKS = {
  'the feed misses nothing that commits late': async (scene: Scene, arena: Arena) => {
    const [late, soon] = [await scene.held(), await scene.held()]
    const head = await scene.ledger.feed.head()
    const { second } = await arena.duel(apply(late.note()), async (ledger) => {
      await apply(soon.note())(ledger)
      const page = await ledger.feed.read({ after: head, limit: 100 })
      return page.code === 'ok' ? page.next : ''
    })
    const awaited = `${late.runId} 3`
    expect((await foundBehind(scene, second)).names).toContain(awaited)
  },
  'the feed has every begin, with a settle before it or alone': async (scene: Scene) => {
    const hand = await scene.held()
    // Behind all of it: a begin that says no transaction would be told with what the run wrote before.
    const { next } = await foundBehind(scene, await scene.ledger.feed.head())
    const ref = await hand.must(hand.begin())
    await scene.ledger.apply([hand.settle(ref), { ...hand.begin(), seq: ref + 2 }])
    const names = [ref, ref + 1, ref + 2].map((seq) => `${hand.runId} ${seq}`)
    const told = (await foundBehind(scene, next)).names
    expect(told.filter((name) => names.includes(name))).toEqual(names)
  },
}
