import { describe, expect, it, vi } from 'vitest'
import { terminal } from '../../../test/cli/terminal.js'
import { FIRST_DAY, simulatedDays } from '../../../test/drift/weeks.js'
import { DAY_MS } from '../../govern/drift/calendar.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'

/** An agent whose runs take half as much again from day 60 on, with version 2; today is day 70. */
async function place() {
  const clock = { at: FIRST_DAY + 70 * DAY_MS, now: () => clock.at }
  const ledger = memoryLedger({ clock })
  const changes = [{ habit: 'tokens', factor: 1.5, fromDay: 60, rampDays: 0 }] as const
  const days = simulatedDays({ seed: 1, days: 70, runsADay: 40, changes })
  const points = days.map(({ at, tally }, day) => {
    return { agent: 'desk', version: day < 60 ? 1 : 2, span: 'day' as const, at, tally }
  })
  const releases = [
    { agent: 'desk', version: 1, at: FIRST_DAY },
    { agent: 'desk', version: 2, at: FIRST_DAY + 60 * DAY_MS + 3_600_000 },
  ]
  await ledger.drift.fold({ runs: [], points, releases })
  return { clock, ...terminal({ ledger }), watched: terminal({ ledger, over: { watched: true } }).say }
}

describe('midwatch drift', () => {
  it('says so when no run was counted', async () => {
    const { say } = terminal()
    expect((await say('drift')).out).toBe('No run has been counted yet.\n\nEvery run that has ended is counted.\n')
  })

  it('tells weeks with their releases, and what changed with numbers and version', async () => {
    const { say } = await place()
    const { out, exit } = await say('drift', 'desk')
    expect(exit).toBe(0)
    expect(out).toMatch(/^desk: 10 weeks\nweek of +version +runs +done +tokens +reasoning +usd +att\/step/)
    expect(out).toMatch(/\n2026-01-05 +▸1 +\d+ /)
    expect(out).toMatch(/\n2026-03-02 +▸2 +\d+ /)
    expect(out).toMatch(
      /WORSE tokens: [34]\d\d\d → [56]\d\d\d \(\+\d\d %\) since 2026-03-06 with version 2, shown by 2026-03-\d\d over \d+\./,
    )
    expect(out).toContain('By version:')
    expect(out).not.toContain('▁')
    expect(out).toMatch(/\nSignals a run:\nweek of +version +same_call\n2026-01-05 +all +0\.0\d\d\n/)
    expect(out).toMatch(/\n2026-03-02 +2 +0\.\d{3}\n/)
  })

  it('draws at a terminal', async () => {
    const { watched } = await place()
    expect((await watched('drift')).out).toMatch(/\ntokens +[▁▂▃▄▅▆▇█]{10}\n/)
  })

  it('gives the same as data, of one version and since a time where that is asked for', async () => {
    const { say } = await place()
    const { data } = await say('drift', 'desk', '--json', '--since', '14d', '--version', '2')
    const [desk] = data.agents
    expect(desk.weeks.map(({ week }: { week: number }) => (week - FIRST_DAY) / DAY_MS)).toEqual([56, 63])
    expect(desk.versions.map(({ version }: { version: number }) => version)).toEqual([2])
    const tokens = desk.alarms.find(({ measure }: { measure: string }) => measure === 'tokens')
    expect(tokens).toMatchObject({ direction: 'up', meaning: 'worse', version: 2, since: FIRST_DAY + 60 * DAY_MS })
    expect(data.progress).toEqual({ waiting: 0, oldest: null, lost: 0 })
  })

  it('exits 1 with --strict while something is worse or a tripwire stands, and 0 later', async () => {
    const { say, clock, ledger } = await place()
    expect((await say('drift', '--strict')).exit).toBe(1)
    clock.at += 20 * DAY_MS
    expect((await say('drift', '--strict')).exit).toBe(0)
    await ledger.drift.trip({ agent: 'desk', wire: 'cost', act: { kind: 'tell' }, evidence: '{"found":2}', since: 0 })
    const { out, exit } = await say('drift', '--strict')
    expect([exit, out.includes('TRIPWIRE cost of desk told 0ms ago: {"found":2}')]).toEqual([1, true])
    expect((await say('drift', 'desk', '--rearm', 'cost', '--strict')).exit).toBe(0)
    expect(await say('drift', 'desk', '--rearm', 'cost')).toMatchObject({
      exit: 3,
      out: expect.stringContaining('midwatch release agent:desk'),
    })
  })

  it('has tripwires told by ps, why and since too', async () => {
    const { say, desk, ledger } = terminal()
    const { id } = await desk('refund A-1')
    // What trips within the millisecond of its end is told as of its time.
    const endedMs = Date.now()
    await vi.waitUntil(() => Date.now() > endedMs, { interval: 1 })
    const trip = { agent: 'desk', wire: 'cost', evidence: '{"found":2}', since: 0 } as const
    await ledger.drift.trip({ ...trip, act: { kind: 'hold' } })
    const limits = [{ meter: 'usd', per: 'hour', limit: 2_000_000 }] as const
    await ledger.drift.trip({ ...trip, wire: 'less', act: { kind: 'ceilings', limits } })
    const told = /TRIPWIRE cost of desk engaged hold on agent:desk [^\n]*: \{"found":2\}/
    expect((await say('ps')).out).toMatch(told)
    expect((await say('ps', '--agent', 'other')).out).not.toMatch(told)
    expect((await say('since', '1h', '--scope', 'agent:desk')).out).toMatch(told)
    // They tripped after it had ended.
    expect((await say('why', id)).out).not.toMatch(told)
    const held = await desk('refund A-2')
    expect([held.exit, (await say('why', held.id)).out]).toEqual([4, expect.stringMatching(told)])
    const ceiling = ['meters', 'set', 'agent:desk', 'usd', 'none', '--per', 'hour'] as const
    expect((await say('drift', 'desk')).out).toContain('TRIPWIRE less of desk set usd $2.00 per hour on agent:desk')
    await say(...ceiling)
    await say('release', 'agent:desk')
    const { data } = await say('drift', 'desk', '--json')
    expect(
      data.agents.flatMap(({ trips }: { trips: { releasedBy: string }[] }) => trips.map((one) => one.releasedBy)),
    ).toEqual(['ann', 'ann'])
  })

  it('makes the series anew from the journals, and prune counts first', async () => {
    const { say, desk, ledger } = terminal()
    await desk('refund A-1')
    const counted = async () => (await say('drift', '--json')).data
    expect((await say('drift')).out).toMatch(/^No run has been counted yet\.\n\n\d runs? that ended/)
    expect((await say('drift', '--rebuild')).out).toMatch(/^0 days made anew, [1-9] runs? counted\./)
    const points = () => ledger.drift.points({ span: 'day', since: 0 })
    const before = await points()
    expect((await counted()).agents[0]).toMatchObject({ agent: 'desk', weeks: [{ runs: 1 }] })
    expect((await say('drift', '--rebuild')).out).toMatch(/^1 day made anew, [1-9] runs? counted\./)
    expect(await points()).toEqual(before)
    await desk('refund A-2')
    await new Promise((later) => setTimeout(later, 5))
    await say('prune', '--older-than', '0ms')
    expect((await counted()).agents[0].weeks[0].runs).toBe(2)
    expect((await say('drift', '--rebuild')).out).toContain('1 day stay')
    expect((await counted()).agents[0].weeks[0].runs).toBe(2)
    expect((await ledger.drift.progress()).lost).toBe(0)
  })
})
