import { describe, expect, it } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'

const START = Date.UTC(2026, 0, 31, 12)

/** A ledger with a schedule, at the time that `clock` says. */
async function place() {
  const clock = { at: START, now: () => clock.at }
  const ledger = memoryLedger({ clock })
  const asked = {
    name: 'nightly',
    version: 3,
    cron: '30 2 * * *',
    tz: 'Europe/Berlin',
    overlap: 'skip',
    missed: 'last',
  }
  const row = await ledger.schedules.keep({ ...asked, overlap: 'skip', missed: 'last', since: 1, staleMs: 1 })
  return { clock, row, ...terminal({ ledger }) }
}

describe('midwatch schedules', () => {
  it('says so when there is none', async () => {
    const { say } = terminal()
    expect((await say('schedules')).out).toContain('No flow runs by itself')
    expect((await say('schedules', '--json')).data.schedules).toEqual([])
  })

  it('lists when each is next and was last, and what was skipped', async () => {
    const { say, ledger, clock, row } = await place()
    const first = (await say('schedules')).out
    expect(first).toMatch(/^flow +cron +zone +next +last +run +ran +skipped +overlap +missed\n/)
    expect(first).toMatch(
      /nightly@3 +30 2 \* \* \* +Europe\/Berlin +2026-02-01 01:30:00Z \(in 14h\) +- +- +0 +0 +skip +last/,
    )
    const until = Date.UTC(2026, 1, 1, 1, 30)
    clock.at = until + 60_000
    const { name, revision, doneUntil: from } = row
    expect((await say('schedules')).out).toContain('now: overdue')
    await ledger.schedules.tick({ name, revision, from, until, skipped: 2, runs: [] })
    const { data } = await say('schedules', '--json')
    const next = Date.UTC(2026, 1, 2, 1, 30)
    expect(data.schedules).toMatchObject([{ name, next, overdue: false, skipped: 2, ran: 0, kept: false }])
  })

  it('tells of one that nobody keeps', async () => {
    const { say, clock } = await place()
    expect((await say('schedules')).out).not.toContain('no live worker keeps')
    clock.at += 3_600_000
    expect((await say('schedules')).out).toContain(
      'nightly@3: no live worker keeps this schedule, the last one looked 1h ago',
    )
  })
})
