import { expect } from 'vitest'
import type { Position } from '../../src/core/feed.js'
import type { Scene } from '../../src/testing/conformance/scene.js'
import { type Arena, apply } from '../isolation/arena.js'

/** How often a reader comes back before an entry counts as missed: other databases of the server may hold it back. */
const LOOKS = 500

/** Names of the entries behind a place, read until that one came, or is not to come any more. */
async function namesBehind({ ledger }: Scene, place: Position, awaited: string): Promise<string[]> {
  const names: string[] = []
  let after = place
  for (let look = 0; look < LOOKS && !names.includes(awaited); look += 1) {
    const page = await ledger.feed.read({ after, limit: 100 })
    if (page.code !== 'ok') return names
    names.push(...page.entries.map(({ entry }) => `${entry.runId} ${entry.seq}`))
    after = page.next
  }
  return names
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
    expect(await namesBehind(scene, second, awaited)).toContain(awaited)
  },
  'the feed has every begin, with a settle before it or alone': async (scene: Scene) => {
    const hand = await scene.held()
    const head = await scene.ledger.feed.head()
    const ref = await hand.must(hand.begin())
    await scene.ledger.apply([hand.settle(ref), { ...hand.begin(), seq: ref + 2 }])
    const names = [ref, ref + 1, ref + 2].map((seq) => `${hand.runId} ${seq}`)
    // The head may lie further back: other databases of the server hold it.
    const told = await namesBehind(scene, head, names[2] ?? '')
    expect(told.filter((name) => names.includes(name))).toEqual(names)
  },
}
