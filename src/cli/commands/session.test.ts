import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { terminal } from '../../../test/cli/terminal.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { flow } from '../../orchestrator/flow.js'
import { manualClock } from '../../testing/index.js'

const large = 'word '.repeat(5_000)
const tally = flow({
  name: 'tally',
  version: 1,
  input: z.object({ add: z.number() }),
  session: { state: z.object({ sum: z.number() }), version: 1, initial: { sum: 0 } },
  run: async (ctx, { add }) => {
    await ctx.read('large', async () => large)
    await ctx.setState({ sum: ctx.state.sum + add })
    return ctx.state.sum
  },
})
const sleeper = flow({
  name: 'sleeper',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    await ctx.sleep('1h')
    return 'slept'
  },
})
const at = () => terminal({ options: { run: [tally, sleeper] } })
const add = (n: number) => JSON.stringify({ add: n })

/** Works what waits in a session, by way of its last message. */
async function worked(say: ReturnType<typeof terminal>['say'], session: string, key: string, n: number) {
  return say('run', 'tally', '--input', add(n), '--key', key, '--session', session, '--json')
}

describe('midwatch send and session', () => {
  it('send accepts a message once per key, and leaves it to workers', async () => {
    const { say } = at()
    const sent = await say('send', 'tally', 'ann', '--input', add(2), '--key', 'k1')
    expect([sent.exit, sent.out]).toEqual([
      0,
      expect.stringMatching(/^Accepted as message 1 of session ann: run \w+, queued\.\n$/),
    ])
    const again = await say('send', 'tally', 'ann', '--input', add(2), '--key', 'k1', '--json')
    expect(again.data.run).toMatchObject({ key: 'k1', session: 'ann', state: 'queued' })
    const other = await say('send', 'tally', 'ann', '--input', add(3), '--key', 'k1', '--json')
    expect([other.exit, other.data.error.code]).toEqual([3, 'start_conflict'])
    expect((await say('ps', '--json')).data.runs).toHaveLength(1)
    const busy = ['send', 'tally', 'ann', '--input', add(3), '--key', 'k2', '--while-busy', 'refuse', '--json']
    expect(await say(...busy)).toMatchObject({ exit: 4, data: { error: { code: 'session_busy' } } })
  })

  it('list and show: messages, state, the run at work', async () => {
    const { say } = at()
    expect((await say('session', 'list')).out).toBe('There is no session.\n')
    await worked(say, 'ann', 'k1', 2)
    await worked(say, 'ann', 'k2', 3)
    await say('send', 'tally', 'ben', '--input', add(1), '--key', 'k3', '--tenant', 'acme', '--sequence', '2')
    const list = await say('session', 'list')
    expect(list.out).toMatch(/^session +tenant +messages +at work +state +last +closed\n/)
    expect(list.out).toMatch(/ann +default +2 of 2 +-? +v1 \{"sum":5\}/)
    const ids = (await say('session', 'list', '--tenant', 'acme', '--json')).data.sessions
    expect(ids).toMatchObject([{ session: 'ben', tenant: 'acme', sequenced: true, lastNo: 2, turnNo: 0 }])
    const shown = await say('session', 'show', 'ann')
    expect(shown.out).toContain('state, version 1: {"sum":5}')
    expect(shown.out.match(/tally@1 {2}completed/g)).toHaveLength(2)
    expect((await say('session', 'show', 'ben', '--tenant', 'acme')).out).toContain('waits for missing numbers until')
    const none = await say('session', 'show', 'ben', '--json')
    expect([none.exit, none.data.error.code]).toEqual([2, 'unknown_session'])
  })

  it('close takes no message any more; reopen does again', async () => {
    const { say } = at()
    await worked(say, 'ann', 'k1', 2)
    const closed = await say('session', 'close', 'ann', '--reason', 'settled', '--by', 'fay', '--json')
    expect(closed.data).toMatchObject({ changed: true, session: { closed: { by: 'fay', reason: 'settled' } } })
    expect((await say('session', 'close', 'ann')).out).toContain('it was before')
    const refused = await say('send', 'tally', 'ann', '--input', add(1), '--key', 'k2', '--json')
    expect([refused.exit, refused.data.error.code]).toEqual([3, 'session_closed'])
    expect((await say('session', 'list', '--closed', '--json')).data.sessions).toHaveLength(1)
    expect((await say('session', 'show', 'ann')).out).toMatch(/closed .* by fay: settled/)
    expect((await say('session', 'reopen', 'ann')).out).toBe('Session ann is open.\n')
    expect((await worked(say, 'ann', 'k2', 1)).data.outcome).toEqual({ status: 'completed', output: 3 })
  })

  it.each([
    ['send', 'tally', 'ann', '--key', 'k'],
    ['send', 'tally', 'ann', '--input', '{"add":1}'],
    ['send', 'tally', 'ann', '--input', '{"add":1}', '--key', 'k', '--while-busy', 'later'],
    ['send', 'tally', 'ann', '--input', '{"add":1}', '--key', 'k', '--sequence', '0'],
    ['session', 'open', 'ann'],
    ['session', 'show'],
    ['session', 'list', '--limit', '0'],
    ['export'],
    ['export', '0123456789', '--session', 'ann'],
    ['prune'],
  ])('%s %s %s … is usage', async (...argv) => {
    expect(await at().say(...argv, '--json')).toMatchObject({ exit: 2, data: { error: { code: 'usage' } } })
  })
})

describe('midwatch export --session', () => {
  it('has the session, its runs in order, and what rests beside their bodies', async () => {
    const { say } = at()
    await worked(say, 'ann', 'k1', 2)
    await worked(say, 'ann', 'k2', 3)
    const { data } = await say('export', '--session', 'ann')
    expect(data).toMatchObject({
      form: 'midwatch.session/1',
      session: { session: 'ann', state: { value: { sum: 5 } } },
    })
    expect(data.runs.map(({ run }: { run: { key: string } }) => run.key)).toEqual(['k1', 'k2'])
    const [blob] = Object.values(data.runs[0].blobs as Record<string, string>)
    expect(blob).toContain(large)
    const file = join(await mkdtemp(join(tmpdir(), 'midwatch-export-')), 'ann.json')
    expect((await say('export', '--session', 'ann', '--out', file)).out).toBe(`Session ann is in ${file}.\n`)
    expect(JSON.parse(await readFile(file, 'utf8')).runs).toHaveLength(2)
    expect((await say('export', '--session', 'ben', '--json')).data.error.code).toBe('unknown_session')
  })
})

describe('midwatch prune', () => {
  it('takes away what ended long ago; the ledger still verifies, and keys stay', async () => {
    const clock = manualClock()
    const ledger = memoryLedger({ clock })
    const { say } = terminal({ ledger, options: { run: [tally] } })
    const done = await worked(say, 'ann', 'k1', 2)
    expect((await say('prune', '--older-than', '1d', '--json')).data.pruned).toBe(0)
    clock.setWall(clock.now() + 2 * 86_400_000)
    expect((await say('prune', '--older-than', '1d')).out).toMatch(/^1 run that ended before /)
    const { data } = await say('export', done.data.run.runId)
    expect(data.entries).toEqual([])
    expect((await say('verify')).exit).toBe(0)
    expect((await worked(say, 'ann', 'k1', 2)).data.run.runId).toBe(done.data.run.runId)
    expect((await say('prune', '--older-than', 'soon', '--json')).data.error.code).toBe('invalid_duration')
  })
})

describe('midwatch interrupt and resume', () => {
  it('hold one run and let it go on', async () => {
    const { say, ledger } = at()
    const run = await say('send', 'sleeper', 'ann', '--input', '{}', '--key', 'k', '--json')
    const { runId } = run.data.run
    const held = await say('interrupt', runId, '--reason', 'odd', '--json')
    expect([held.exit, held.data.engaged]).toEqual([
      0,
      expect.objectContaining({ scope: `run:${runId}`, mode: 'hold' }),
    ])
    expect(await ledger.switchedRun({ runId })).toMatchObject({ mode: 'hold', by: 'ann' })
    expect((await say('resume', runId)).out).toContain('goes on')
    expect(await ledger.switchedRun({ runId })).toBeNull()
    expect((await say('resume', runId, '--json')).data.released).toBe(false)
    expect((await say('cancel', runId, '--reason', 'enough')).exit).toBe(4)
    const [engaged] = (await ledger.switches()).filter(({ scope }) => scope === `run:${runId}`)
    expect(engaged).toMatchObject({ mode: 'end', reason: 'enough' })
  })

  it('an ended run is left as it is', async () => {
    const { say } = at()
    const { data } = await worked(say, 'ann', 'k1', 2)
    expect((await say('interrupt', data.run.runId, '--json')).data.engaged).toBeNull()
  })
})
