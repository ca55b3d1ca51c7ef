import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/core/entries.js'
import type { LedgerFacts } from '../../src/core/invariants/facts.js'
import { inspectFacts } from '../../src/core/invariants/inspect.js'
import { readFacts } from '../../src/core/invariants/read.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { type Event, Night } from './night.js'
import { tampered } from './watch.js'

const number = fc.nat(99)
const events = fc.array(fc.tuple(fc.nat(Night.kinds - 1), number, number, number), {
  minLength: 20,
  maxLength: 120,
  size: 'max',
})

const answers = new Map<string, number>()

async function nightOf(happened: readonly Event[]): Promise<LedgerFacts> {
  let now = Date.UTC(2026, 0, 31, 21)
  const ledger = memoryLedger({ clock: { now: () => now } })
  const night = new Night(ledger, async (ms) => {
    now += ms
  })
  for (const event of [[0, 1, 1, 0], [0, 2, 3, 0], [0, 4, 5, 0], [2, 0, 0, 0], ...happened] as Event[])
    await night.happen(event)
  for (const [said, times] of night.answers) answers.set(said, (answers.get(said) ?? 0) + times)
  return readFacts(ledger)
}

/** One thing that somebody who can write to the database might do. */
const EDITS: readonly [string, (entry: { -readonly [K in keyof Entry]: Entry[K] }) => void][] = [
  [
    'body',
    (entry) => {
      entry.body = `${entry.body ?? ''} `
    },
  ],
  [
    'fence',
    (entry) => {
      entry.fence += 1
    },
  ],
  [
    'time',
    (entry) => {
      entry.at += 1
    },
  ],
  [
    'epoch',
    (entry) => {
      entry.epoch += 1
    },
  ],
  [
    'kind',
    (entry) => {
      entry.kind = entry.kind === 'note' ? 'park' : 'note'
    },
  ],
  [
    'ref',
    (entry) => {
      entry.ref = (entry.ref ?? 0) + 1
    },
  ],
  [
    'facts',
    (entry) => {
      entry.factsText = '{"did":"performed","x":1}'
    },
  ],
  [
    'hash',
    (entry) => {
      entry.hash = entry.digest
    },
  ],
]

const still = (times: number): Event[] => Array.from({ length: times }, () => [0, 0, 0, 0])
/** The second message of a session is claimed for its deadline, the first one ends, and a fourth comes in. */
const OVERDUE: Event[] = [
  ...([
    [15, 11, 0, 0],
    [15, 87, 0, 0],
    [0, 0, 0, 0],
    [2, 0, 0, 0],
    [2, 0, 0, 0],
    [12, 94, 0, 0],
  ] as Event[]),
  ...([[0, 2, 37, 0], ...still(5), [0, 0, 7, 0], [2, 0, 0, 0], ...still(6), [4, 29, 0, 0]] as Event[]),
]

describe('whatever happens to a ledger', () => {
  it('every invariant holds', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (happened) => {
        const facts = await nightOf(happened)
        expect(inspectFacts(facts)).toEqual([])
      }),
      { numRuns: 150, examples: [[OVERDUE]] },
    )
  })

  it('these nights put every rule to the test', () => {
    const often = ['begin ok', 'begin fenced', 'begin lease_lost', 'begin switched', 'begin ceiling', 'begin under_way']
    const rules = [
      ...often,
      'settle ok',
      'settle fenced',
      'doubt ok',
      'park ok',
      'park not_open',
      'end ok',
      'end not_open',
    ]
    expect(rules.filter((rule) => !answers.has(rule))).toEqual([])
  })

  it('an edited, deleted or truncated entry is found', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(EDITS.length + 1), number, number, async (happened, how, a, b) => {
        const facts = await nightOf(happened)
        const bad = tampered(facts, ({ entries }) => {
          const journal = [...entries.values()][a % entries.size] ?? []
          const entry = journal[b % journal.length]
          if (how === EDITS.length) journal.splice(b % journal.length, 1)
          else if (how > EDITS.length) journal.length = b % journal.length
          else if (entry) EDITS[how]?.[1](entry)
        })
        expect(inspectFacts(bad)).not.toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
