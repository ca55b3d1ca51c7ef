import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Position } from '../src/core/feed.js'
import type { Ledger } from '../src/core/ledger.js'
import { apply } from './isolation/arena.js'
import { stage } from './isolation/stage.js'

const on = stage()
let client: pg.Client
beforeAll(async () => {
  client = new pg.Client(on.arena.url)
  await client.connect()
})
afterAll(() => client.end())

/** Ids and numbers of what is read from a place, and the place behind it. */
async function read(ledger: Ledger, after: Position) {
  const page = await ledger.feed.read({ after, limit: 100 })
  if (page.code !== 'ok') throw new RangeError('the place is unknown')
  return { names: page.entries.map(({ entry }) => `${entry.runId} ${entry.seq}`), next: page.next }
}

/** Reads on until that entry came. Other databases of the server may hold it back for a moment. */
async function readUntil(after: Position, name: string) {
  const names: string[] = []
  for (let place = after; !names.includes(name); ) {
    const page = await read(on.scene.ledger, place)
    names.push(...page.names)
    place = page.next
  }
  return names
}

type Write = (ledger: Ledger) => Promise<unknown>

/** What commits late, and what another connection writes meanwhile; and the names of their entries. */
interface Late {
  readonly first: Write
  readonly late: string
  readonly write: Write
  readonly soon: string
}

const ways: Record<'apply' | 'admit' | 'claim', () => Promise<Late>> = {
  apply: async () => {
    const [late, soon] = [await on.scene.held(), await on.scene.held()]
    const names = { late: `${late.runId} 3`, soon: `${soon.runId} 3` }
    return { first: apply(late.note()), write: apply(soon.note()), ...names }
  },
  admit: async () => {
    // The first of an agent pins its version, for which the next one waits.
    await on.scene.admit()
    const [late, soon] = [on.scene.admission(), on.scene.admission()]
    const names = { late: `${late.runId} 1`, soon: `${soon.runId} 1` }
    return { first: (ledger) => ledger.admit(late), write: (ledger) => ledger.admit(soon), ...names }
  },
  claim: async () => {
    const [late, soon, worker] = [await on.scene.admit(), await on.scene.admit(), await on.scene.worker()]
    const claim = (runId: string) => (ledger: Ledger) => ledger.claim({ workerId: worker, limit: 1, runId })
    return { first: claim(late), write: claim(soon), late: `${late} 2`, soon: `${soon} 2` }
  },
}

it.each(Object.keys(ways) as (keyof typeof ways)[])(
  'feed then %s: an entry that commits late holds back those behind it, and none is missed or repeated',
  async (way) => {
    const { first, late, write, soon } = await ways[way]()
    const head = await on.scene.ledger.feed.head()
    const { second } = await on.arena.duel(first, async (ledger) => {
      await write(ledger)
      return read(ledger, head)
    })
    expect(second.names).not.toContain(soon)
    const rest = await readUntil(second.next, soon)
    const all = [...second.names, ...rest].filter((name) => name === late || name === soon)
    expect(all).toEqual([late, soon])
  },
)

it('whoever goes on behind the highest number that he saw misses what commits late', async () => {
  const [late, soon] = [await on.scene.held(), await on.scene.held()]
  const seen = async (after: number) => {
    const text = 'select run_id, tx::float8 as tx from midwatch.entry where tx > $1 order by tx'
    return (await client.query<{ run_id: string; tx: number }>(text, [after])).rows
  }
  const before = (await seen(0)).at(-1)?.tx ?? 0
  const { second } = await on.arena.duel(apply(late.note()), async (ledger) => {
    await apply(soon.note())(ledger)
    return seen(before)
  })
  const rest = await seen(second.at(-1)?.tx ?? 0)
  expect([...second, ...rest].map(({ run_id }) => run_id)).toEqual([soon.runId])
})
