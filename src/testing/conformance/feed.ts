import { expect } from 'vitest'
import type { FeedEntry, Position } from '../../core/feed.js'
import { clause } from './clause.js'
import type { Hand } from './hand.js'
import type { Scene } from './scene.js'

/** Whoever else writes to the same server may hold entries back for so long. */
const PATIENCE_MS = 20_000

const nameOf = (runId: string, seq: number) => `${runId} ${seq}`
const namesOf = (entries: readonly FeedEntry[]) => entries.map(({ entry }) => nameOf(entry.runId, entry.seq))

/** Reads on from a place, page by page, until the scene's tenant has so many entries. */
async function readOn(s: Scene, after: Position | null, count: number, limit = 100): Promise<FeedEntry[]> {
  const found: FeedEntry[] = []
  const until = Date.now() + PATIENCE_MS
  let place = after
  for (;;) {
    const page = await s.ledger.feed.read({ after: place, limit })
    if (page.code !== 'ok') throw new RangeError(`the place ${place} is unknown`)
    expect(page.entries.length).toBeLessThanOrEqual(limit)
    found.push(...page.entries.filter(({ tenant }) => tenant === s.tenant))
    place = page.next
    if (found.length >= count && page.entries.length === 0) return found
    if (Date.now() > until) throw new RangeError(`${found.length} of ${count} entries came`)
  }
}

/** A settle and the next begin, in one batch. */
async function stride(hand: Hand, ref: number): Promise<number> {
  const settle = hand.settle(ref)
  const begin = hand.begin()
  await hand.ledger.apply([settle, { ...begin, seq: settle.seq + 1 }])
  hand.head += 2
  return hand.head
}

/** Runs that stand in each other's way, so that entries are written from everywhere. How many there are. */
async function manyEntries(s: Scene): Promise<number> {
  const hand = await s.held({ session: 'a' })
  const behind = await s.admit({ session: 'a', whileBusy: 'steer' })
  const ref = await stride(hand, await stride(hand, await hand.must(hand.begin())))
  await hand.must(hand.settle(ref))
  await hand.must(hand.note({ absorbs: [behind] }))
  await hand.must(hand.park({ dueInMs: 0 }))
  const again = await s.claim(await s.worker(), hand.runId)
  const { runId, deadlineMs, ...rest } = s.admission()
  await again.must(again.end({ mailSeen: 1, next: { ...rest, runId, deadlineMs } }))
  const heir = await s.claim(await s.worker(), runId)
  await heir.must(heir.end())
  const runs = await s.ledger.runs({ tenant: s.tenant })
  return runs.reduce((sum, { headSeq }) => sum + headSeq, 0)
}

export const feed = [
  clause('every entry is in the feed once, whoever wrote it, and in the order of its journal', async (s) => {
    const head = await s.ledger.feed.head()
    const count = await manyEntries(s)
    const found = await readOn(s, head, count)
    const runs = await s.ledger.runs({ tenant: s.tenant })
    expect(runs).toHaveLength(3)
    for (const { runId, agent, version, fingerprint, session } of runs) {
      const journal = await s.ledger.journal({ runId })
      const mine = found.filter(({ entry }) => entry.runId === runId)
      expect(mine.map(({ entry }) => entry)).toEqual(journal)
      for (const one of mine) expect(one).toMatchObject({ agent, version, fingerprint, session })
    }
    expect(found).toHaveLength(count)
    expect(new Set(found.map(({ position }) => position)).size).toBe(count)
  }),

  // A client may go away behind any entry, also between those that were written together.
  clause('behind each entry lies a place from which everything later follows, however small the pages', async (s) => {
    const head = await s.ledger.feed.head()
    const found = await readOn(s, head, await manyEntries(s))
    expect(namesOf(await readOn(s, head, found.length, 1))).toEqual(namesOf(found))
    for (const [i, { position }] of found.entries()) {
      const rest = found.slice(i + 1)
      expect(namesOf(await readOn(s, position, rest.length, 3))).toEqual(namesOf(rest))
    }
  }),

  // Whoever joins those that hear of everything reads what lies before, and not a word more.
  clause('up to a place everything before it is read, and nothing behind it', async (s) => {
    const head = await s.ledger.feed.head()
    const found = await readOn(s, head, await manyEntries(s))
    for (const [i, { position: until }] of found.entries()) {
      const names: string[] = []
      let after = head
      while (after !== until) {
        const page = await s.ledger.feed.read({ after, until, limit: 3 })
        if (page.code !== 'ok') throw new RangeError('the place is unknown')
        names.push(...namesOf(page.entries.filter(({ tenant }) => tenant === s.tenant)))
        after = page.next
      }
      expect(names).toEqual(namesOf(found.slice(0, i + 1)))
      expect(await s.ledger.feed.read({ after: until, until, limit: 3 })).toMatchObject({ entries: [], next: until })
    }
  }),

  clause('without a place the feed begins with the first entry that is kept', async (s) => {
    const count = await manyEntries(s)
    const found = await readOn(s, null, count)
    expect(found).toHaveLength(count)
  }),

  clause('the head is behind all that can be read, and before all that is written later', async (s) => {
    const before = await s.admit()
    const [first] = await readOn(s, null, 1)
    const head = await s.ledger.feed.head()
    const after = await s.admit()
    expect(first?.entry.runId).toBe(before)
    expect(namesOf(await readOn(s, head, 1))).toEqual([nameOf(after, 1)])
  }),

  // Read from elsewhere, it would skip or repeat.
  clause('a place of another ledger, one that is still to come, and what is no place are unknown', async (s) => {
    await s.admit()
    const head = await s.ledger.feed.head()
    const later = head.replace(/\d+/g, '9007199254740991')
    for (const after of ['', 'head', '0', `x${head}`, head.slice(1), later]) {
      expect(await s.ledger.feed.read({ after, limit: 1 })).toEqual({ code: 'unknown' })
    }
  }),

  clause('erased entries keep their place without words; pruned ones are gone and their places hold', async (s) => {
    const head = await s.ledger.feed.head()
    const hand = await s.held()
    await hand.must(hand.end())
    const found = await readOn(s, head, 3)
    await s.ledger.erase({ runId: hand.runId })
    const erased = await readOn(s, head, 3)
    expect(erased.map(({ position, entry: { body } }) => [position, body])).toEqual(
      found.map(({ position }) => [position, null]),
    )
    await s.ledger.prune({ endedBefore: (await s.ledger.now()) + 1, limit: 1_000 })
    const later = await s.admit()
    for (const { position } of found) expect(namesOf(await readOn(s, position, 1))).toEqual([nameOf(later, 1)])
  }),
]
