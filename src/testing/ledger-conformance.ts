import { afterAll, beforeAll, describe, it } from 'vitest'
import { admission } from './conformance/admission.js'
import { approvals } from './conformance/approvals.js'
import { begins } from './conformance/begins.js'
import { blobs } from './conformance/blobs.js'
import { breakers } from './conformance/breakers.js'
import { children, rollUp } from './conformance/children.js'
import { claiming } from './conformance/claiming.js'
import type { Chapter } from './conformance/clause.js'
import { continuing } from './conformance/continuing.js'
import { series, tripwires } from './conformance/drift.js'
import { doubts, effects } from './conformance/effects.js'
import { feed } from './conformance/feed.js'
import { groups } from './conformance/groups.js'
import { leases } from './conformance/leases.js'
import { locks } from './conformance/locks.js'
import { ceilings, meters, windows } from './conformance/meters.js'
import { order } from './conformance/order.js'
import { ending, parking } from './conformance/parking.js'
import { notices, people } from './conformance/people.js'
import { pruning } from './conformance/pruning.js'
import { bounds, lateness, overload, priorities, shedding } from './conformance/queues.js'
import { journals, reading, waking } from './conformance/reading.js'
import type { Fixture } from './conformance/scene.js'
import { Scene } from './conformance/scene.js'
import { schedules } from './conformance/schedules.js'
import { scores } from './conformance/scores.js'
import { sequences } from './conformance/sequences.js'
import { contracts, turns } from './conformance/sessions.js'
import { receipts, settles } from './conformance/settles.js'
import { absorbing, busy } from './conformance/steering.js'
import { switches } from './conformance/switches.js'
import { tokens } from './conformance/tokens.js'
import { approvers } from './conformance/two-people.js'
import { acted, undoes } from './conformance/undoing.js'
import { versions } from './conformance/versions.js'

/** Everything that every ledger must keep, chapter by chapter. */
export const LEDGER_CHAPTERS: readonly Chapter[] = [
  { noun: 'leases', clauses: leases },
  { noun: 'admission', clauses: admission },
  { noun: 'sessions', clauses: turns },
  { noun: 'what a session keeps', clauses: contracts },
  { noun: 'messages while a run is active', clauses: busy },
  { noun: 'messages that are taken in', clauses: absorbing },
  { noun: 'numbered messages', clauses: sequences },
  { noun: 'claims', clauses: claiming },
  { noun: 'priorities', clauses: priorities },
  { noun: 'bounds', clauses: bounds },
  { noun: 'shedding', clauses: shedding },
  { noun: 'what would be late', clauses: lateness },
  { noun: 'overload', clauses: overload },
  { noun: 'fence, twin and head', clauses: order },
  { noun: 'begins', clauses: begins },
  { noun: 'effect keys', clauses: effects },
  { noun: 'doubts', clauses: doubts },
  { noun: 'undoing', clauses: undoes },
  { noun: 'what is known to have acted', clauses: acted },
  { noun: 'locks', clauses: locks },
  { noun: 'meters', clauses: meters },
  { noun: 'windows', clauses: windows },
  { noun: 'circuit breakers', clauses: breakers },
  { noun: 'operators’ ceilings', clauses: ceilings },
  { noun: 'settles', clauses: settles },
  { noun: 'receipts that come late', clauses: receipts },
  { noun: 'parking', clauses: parking },
  { noun: 'ending', clauses: ending },
  { noun: 'children', clauses: children },
  { noun: 'meters above', clauses: rollUp },
  { noun: 'groups', clauses: groups },
  { noun: 'continuing', clauses: continuing },
  { noun: 'people', clauses: people },
  { noun: 'who may say yes', clauses: approvers },
  { noun: 'approvals', clauses: approvals },
  { noun: 'notices', clauses: notices },
  { noun: 'kill switches', clauses: switches },
  { noun: 'pruning', clauses: pruning },
  { noun: 'large parts', clauses: blobs },
  { noun: 'journals', clauses: journals },
  { noun: 'reading', clauses: reading },
  { noun: 'waking', clauses: waking },
  { noun: 'the feed', clauses: feed },
  { noun: 'versions in flight', clauses: versions },
  { noun: 'schedules', clauses: schedules },
  { noun: 'series', clauses: series },
  { noun: 'tripwires', clauses: tripwires },
  { noun: 'tokens', clauses: tokens },
  { noun: 'scores', clauses: scores },
]

/**
 * A vitest suite that says whether a ledger keeps `docs/ledger.md`, clause by clause. `open` gives an empty ledger whose
 * clock stands still until `advance`; it is opened once and closed at the end.
 */
export function ledgerConformance(name: string, open: () => Promise<Fixture>): void {
  describe(name, () => {
    let fixture: Fixture
    beforeAll(async () => {
      fixture = await open()
    })
    afterAll(async () => {
      await fixture?.close()
    })
    for (const { noun, clauses } of LEDGER_CHAPTERS) {
      describe(noun, () => {
        it.each(clauses.map((one) => [one.name, one] as const))('%s', async (_name, { play }) => {
          const scene = new Scene(fixture)
          try {
            await play(scene)
          } finally {
            await scene.leave()
          }
        })
      })
    }
  })
}
