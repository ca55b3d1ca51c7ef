import { afterEach, describe, expect, it } from 'vitest'
import config, { desk } from '../../../test/cli/desk.js'
import { terminal } from '../../../test/cli/terminal.js'
import { assemble, type Midwatch } from '../../runtime.js'
import { Scene } from '../../testing/conformance/scene.js'

const open: Midwatch[] = []
afterEach(async () => {
  for (const mw of open.splice(0)) {
    // Else stopping waits for the post.
    await mw.ledger.engage({ scope: 'fleet', mode: 'end', by: 'the test' })
    await mw.stop()
  }
})

/** A worker on the terminal's ledger, with runs that wait for the post until they are told to stop. */
async function waiting(...tenants: string[]) {
  const at = terminal()
  const mw = await assemble({ ...config, alarm: () => undefined }, { ledger: at.ledger })
  open.push(mw)
  const runs = await Promise.all(tenants.map((tenant) => mw.start(desk, { input: { message: 'wait' }, tenant })))
  for (const { id } of runs) {
    for await (const { kind, body } of mw.run(id).events()) {
      if (kind === 'begin' && (body as { name: string }).name === 'wait_for_post') break
    }
  }
  return { ...at, mw, ids: runs.map((run) => run.id) }
}

describe('midwatch kill', () => {
  it('aborts what is under way, lists it, and says how long that took', async () => {
    const { say, mw, ids } = await waiting('acme', 'other')
    const { exit, data } = await say('kill', 'fleet', '--reason', 'drill', '--json')
    expect(exit).toBe(0)
    expect(data).toMatchObject({ scope: 'fleet', mode: 'end', epoch: 1 })
    expect(data.underWay.map((one: { runId: string }) => one.runId).sort()).toEqual([...ids].sort())
    expect(data.underWay[0]).toMatchObject({ name: 'wait_for_post' })
    expect(data.lastAbortMs).toBeGreaterThanOrEqual(0)
    for (const id of ids) expect(await mw.run(id).outcome()).toMatchObject({ status: 'killed', by: 'ann' })
    expect(await mw.ledger.switches()).toMatchObject([{ scope: 'fleet', reason: 'drill', by: 'ann' }])
  })

  it('leaves other scopes alone', async () => {
    const { say, mw, ids } = await waiting('acme', 'other')
    const { data } = await say('kill', 'tenant:acme', '--json')
    expect(data.underWay.map((one: { runId: string }) => one.runId)).toEqual([ids[0]])
    expect(await mw.ledger.run({ runId: ids[1] ?? '' })).toMatchObject({ state: 'running' })
  })

  it('a tool is held until it is released', async () => {
    const { say, mw, ids } = await waiting('acme')
    const { out, exit } = await say('kill', 'tool:wait_for_post', '--hold')
    expect([exit, out]).toEqual([0, expect.stringMatching(/Engaged tool:wait_for_post at epoch 1.*wait for release/)])
    expect(out).toContain('1 call under way; the last was over')
    expect((await say('release', 'tool:wait_for_post')).out).toContain('Released tool:wait_for_post at epoch 2.')
    expect((await say('release', 'tool:wait_for_post', '--json')).data.released).toBe(false)
    expect((await say('cancel', ids[0]?.slice(-8) ?? '')).exit).toBe(0)
    expect(await mw.run(ids[0] ?? '').outcome()).toMatchObject({ status: 'killed' })
  })

  it('stops nothing for a scope that is none, or a run that there is not', async () => {
    const { say, ledger } = terminal()
    expect((await say('kill', 'everything', '--json')).data.error.code).toBe('invalid_scope')
    expect((await say('kill', 'run:abcdefgh', '--json')).data.error.code).toBe('unknown_run')
    expect(await ledger.switches()).toEqual([])
  })
})

/** A run that went on as another one, with no worker to take that up. */
async function gone() {
  const { say, ledger } = terminal()
  const s = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
  const workerId = await s.worker()
  const hand = await s.claim(workerId, await s.admit())
  const { runId, agent, version, fingerprint, queue, deadlineMs, meters, body, salt, inputDigest } = s.admission()
  const what = { deadlineMs, meters, body, salt, inputDigest }
  await hand.must(hand.end({ next: { runId, agent, version, fingerprint, queue, key: null, ...what } }))
  await ledger.workers.retire({ workerId })
  return { say, first: hand.runId, switched: () => ledger.switchedRun({ runId }) }
}

describe('midwatch cancel', () => {
  it('of a run that went on as another one stops that one, as interrupt and resume do', async () => {
    const { say, first, switched } = await gone()
    await say('interrupt', first)
    expect(await switched()).toMatchObject({ mode: 'hold' })
    await say('resume', first)
    expect(await switched()).toBeNull()
    await say('cancel', first)
    expect(await switched()).toMatchObject({ mode: 'end' })
  })

  it('ends one run, and leaves an ended one as it is', async () => {
    const { say, ids } = await waiting('acme', 'other')
    const cancelled = await say('cancel', ids[0] ?? '', '--json')
    expect([cancelled.exit, cancelled.data.run.outcome]).toEqual([0, 'killed'])
    expect((await say('cancel', ids[0] ?? '')).out).toContain('has ended already: killed')
    expect((await say('ps', '--json')).data.runs).toHaveLength(1)
  })

  it('says when no worker is there to end it', async () => {
    const { say, desk: run } = terminal()
    const parked = await run('find W9; refund W9 150')
    const said = await say('cancel', parked.id)
    expect([said.exit, said.out]).toEqual([4, expect.stringContaining('ends as killed when a worker next takes it up')])
    expect((await say('redrive', parked.id, '--json')).data.error.code).toBe('not_ended')
  })
})
