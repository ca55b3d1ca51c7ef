import { expect } from 'vitest'
import type { ScheduleRow } from '../../core/schedule.js'
import type { EpochMs } from '../../core/time.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

type Wish = Partial<Pick<ScheduleRow, 'version' | 'cron' | 'tz' | 'overlap' | 'missed' | 'since'>>

const keep = (s: Scene, wish: Wish = {}) => {
  const asked = { name: s.agent, version: 1, cron: '* * * * *', tz: 'UTC', overlap: 'queue', missed: 'last' } as const
  return s.ledger.schedules.keep({ ...asked, since: 1, staleMs: 60_000, ...wish })
}

/** Ticks at these times, up to the last of them. */
const tick = (s: Scene, row: ScheduleRow, ats: readonly EpochMs[], skipped = 0) => {
  const runs = ats.map((at) => ({
    at,
    admission: s.admission({ key: `tick:${s.agent}:${at}`, session: `schedule:${s.agent}`, inputDigest: String(at) }),
  }))
  const { name, revision, doneUntil: from } = row
  return s.ledger.schedules.tick({ name, revision, from, until: ats.at(-1) ?? from, skipped, runs })
}
const rowOf = async (s: Scene) => (await s.ledger.schedules.list()).find(({ name }) => name === s.agent)
const runsOf = (s: Scene) => s.ledger.runs({ agent: s.agent })

export const schedules = [
  // What was due before anybody knew of it is not missed.
  clause('a schedule that is kept for the first time begins now, and is kept again as it stands', async (s) => {
    const row = await keep(s)
    const now = await s.ledger.now()
    const marks = { firstSeen: now, doneUntil: now, lookedAt: now, lastTick: null, lastRun: null, ran: 0, skipped: 0 }
    expect(row).toMatchObject({ name: s.agent, version: 1, cron: '* * * * *', tz: 'UTC', revision: 1, ...marks })
    await s.advance(1_000)
    expect(await keep(s, { since: 5 })).toEqual({ ...row, lookedAt: now + 1_000 })
    expect(await rowOf(s)).toMatchObject({ revision: 1, since: 1 })
  }),

  // Exactly one run per tick, over any number of workers.
  clause('a tick admits its run and says how far the schedule is; the same once more is too late', async (s) => {
    const row = await keep(s)
    await s.advance(60_000)
    const at = await s.ledger.now()
    const first = await tick(s, row, [at], 2)
    expect(first).toMatchObject({ code: 'ok', skipped: 2, runs: [expect.any(String)] })
    expect(await tick(s, row, [at])).toEqual({ code: 'moved', runs: [], skipped: 0 })
    expect(await rowOf(s)).toMatchObject({ doneUntil: at, lastTick: at, lastRun: first.runs[0], ran: 1, skipped: 2 })
    expect((await runsOf(s)).map(({ key }) => key)).toEqual([`tick:${s.agent}:${at}`])
  }),

  // A worker whose clock is ahead must not run tomorrow's tick today.
  clause('a tick that is still to come by the ledger’s clock is early', async (s) => {
    const row = await keep(s)
    const at = row.doneUntil + 1
    expect(await tick(s, row, [at])).toEqual({ code: 'early', runs: [], skipped: 0 })
    await s.advance(1)
    expect((await tick(s, row, [at])).code).toBe('ok')
  }),

  // Nightly work that takes two nights is not done twice at a time.
  clause('a schedule that skips runs no tick while the last one’s run goes on', async (s) => {
    const row = await keep(s, { overlap: 'skip' })
    await s.advance(10)
    const at = await s.ledger.now()
    const both = await tick(s, row, [at - 1, at])
    expect([both.runs.length, both.skipped]).toEqual([1, 1])
    const hand = await s.claim(await s.worker(), both.runs[0] ?? '')
    await s.advance(10)
    const after = (await rowOf(s)) as ScheduleRow
    expect(await tick(s, after, [at + 5])).toMatchObject({ code: 'ok', runs: [], skipped: 1 })
    await hand.must(hand.end())
    const free = (await rowOf(s)) as ScheduleRow
    expect((await tick(s, free, [at + 6])).runs).toHaveLength(1)
    expect(await rowOf(s)).toMatchObject({ ran: 2, skipped: 2, lastTick: at + 6 })
  }),

  // They are worked in order, one at a time.
  clause('a schedule that queues admits them all, one behind the other', async (s) => {
    const row = await keep(s)
    await s.advance(10)
    const at = await s.ledger.now()
    const { runs } = await tick(s, row, [at - 2, at - 1, at])
    const workerId = await s.worker()
    for (const runId of runs) {
      expect(await s.claims(workerId)).toEqual([runId])
      const row = await s.run(runId)
      await s.ledger.apply([
        {
          kind: 'end',
          runId,
          fence: row.fence,
          seq: row.headSeq + 1,
          salt: 's',
          body: '{}',
          outcome: 'completed',
          detail: '',
          mailSeen: 0,
          dueAt: null,
        },
      ])
    }
  }),

  // While a deploy rolls, old and new workers must not take turns at it.
  clause('the newer version’s word stands, and at one version that of the worker that started later', async (s) => {
    await keep(s, { version: 2, since: 10 })
    expect(await keep(s, { version: 1, cron: '0 * * * *', since: 20 })).toMatchObject({ version: 2, revision: 1 })
    expect(await keep(s, { version: 2, cron: '1 * * * *', since: 9 })).toMatchObject({ cron: '* * * * *', revision: 1 })
    expect(await keep(s, { version: 2, cron: '2 * * * *', since: 11 })).toMatchObject({
      cron: '2 * * * *',
      revision: 2,
    })
    expect(await keep(s, { version: 3, since: 1 })).toMatchObject({ version: 3, cron: '* * * * *', revision: 3 })
  }),

  // Going back to the version before must not silence the night.
  clause('once nobody looks at what stands, an older version’s word counts', async (s) => {
    await keep(s, { version: 2 })
    await s.advance(59_999)
    expect(await keep(s)).toMatchObject({ version: 2 })
    await s.advance(1)
    expect(await keep(s)).toMatchObject({ version: 1, revision: 2 })
  }),

  // Other times begin now; the same times go on where they were.
  clause('a change of times has no ticks before it, and any other change goes on', async (s) => {
    const row = await keep(s)
    await s.advance(600_000)
    expect(await keep(s, { since: 2, overlap: 'skip' })).toMatchObject({ doneUntil: row.doneUntil, revision: 2 })
    const changed = await keep(s, { since: 3, overlap: 'skip', cron: '0 * * * *' })
    expect(changed).toMatchObject({ doneUntil: row.doneUntil + 600_000, revision: 3, firstSeen: row.firstSeen })
    // Whoever still goes by what stood before is too late.
    expect((await tick(s, row, [row.doneUntil + 1])).code).toBe('moved')
  }),
]
