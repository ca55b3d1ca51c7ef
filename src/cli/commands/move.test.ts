import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { terminal } from '../../../test/cli/terminal.js'
import { flow } from '../../orchestrator/flow.js'

const version = (no: number, input: z.ZodType = z.object({})) =>
  flow({ name: 'f', version: no, input, run: async () => no })
const one = version(1)
const two = version(2)

/** Runs of version 1 that wait, their worker gone, in a place whose config knows what it is given. */
async function stranded(count: number, run = [one, two] as const) {
  const place = terminal({ options: { run } })
  const { ledger } = place
  const { name: agent, fingerprint, meters } = one.definition
  const ids: string[] = []
  for (let n = 1; n <= count; n += 1) {
    const who = {
      runId: `0000000${n}-run`,
      tenant: 'default',
      agent,
      version: 1,
      fingerprint,
      queue: 'default',
      meters,
    }
    const rest = { key: null, session: null, principal: null, origin: null, deadlineMs: 3_600_000 }
    const made = await ledger.admit({ ...who, ...rest, body: '{"input":{}}', salt: 's', inputDigest: 'd' })
    ids.push(made.runId)
  }
  const works = (serves: string[]) =>
    ledger.workers.register({ name: 'w', leaseMs: 60_000, serves, queues: ['default'] })
  return { ...place, ids, works }
}
const pinOf = (no: number, { definition } = version(no)) => `f@${no}#${definition.fingerprint}`

describe('midwatch move', () => {
  it('pins one run to another version', async () => {
    const { say, ids, ledger } = await stranded(2)
    const said = await say('move', ids[0] ?? '', '--to', '2', '--json')
    expect(said).toMatchObject({ exit: 0, data: { to: 2, moved: [{ runId: ids[0], from: 1, code: 'ok' }] } })
    const [moved, left] = await Promise.all(ids.map((runId) => ledger.run({ runId })))
    expect([moved?.version, moved?.fingerprint]).toEqual([2, two.definition.fingerprint])
    expect(left?.version).toBe(1)
    const [mail] = await ledger.mail({ runId: ids[0] ?? '', after: 0 })
    expect(JSON.parse(mail?.body ?? '{}')).toEqual({ by: 'ann', from: pinOf(1), to: pinOf(2) })
  })

  it('pins all runs of an agent, or of one version of it', async () => {
    const { say, ids } = await stranded(3)
    expect((await say('move', '--agent', 'f', '--from', '7', '--to', '2')).out).toBe('No run is there to move.\n')
    const said = await say('move', '--agent', 'f', '--from', '1', '--to', '2')
    expect(said.out).toContain('3 runs moved to version 2.')
    expect((await say('move', '--agent', 'f', '--to', '1', '--json')).data.moved).toHaveLength(ids.length)
  })

  it('leaves a run where it is that is held, over, or could not be read there, and says so', async () => {
    const narrow = version(2, z.object({ day: z.string() }))
    const { say, ids, works, ledger } = await stranded(3, [one, narrow])
    const unfit = await say('move', ids[0] ?? '', '--to', '2')
    expect([unfit.exit, unfit.out]).toEqual([3, expect.stringContaining('its input is none for that version')])
    const { workerId } = await works([pinOf(1)])
    await ledger.claim({ workerId, limit: 1, runId: ids[1] ?? '' })
    const held = await say('move', '--agent', 'f', '--to', '2', '--json')
    expect(held.exit).toBe(3)
    expect(new Set(held.data.moved.map((one: { code: string }) => one.code))).toEqual(new Set(['unfit']))
    const back = await say('move', ids[1] ?? '', '--to', '1')
    expect(back.out).toContain('a worker has it now')
  })

  it('takes the code of a version from a live worker where the config has none', async () => {
    const { say, ids, works, ledger } = await stranded(1, [one, one])
    const none = await say('move', ids[0] ?? '', '--to', '2', '--json')
    expect([none.exit, none.data.error.code]).toEqual([2, 'usage'])
    await works(['f@2#abc', 'f@2#*'])
    expect((await say('move', ids[0] ?? '', '--to', '2')).exit).toBe(0)
    expect((await ledger.run({ runId: ids[0] ?? '' }))?.fingerprint).toBe('abc')
    await works(['f@2#def'])
    expect((await say('move', ids[0] ?? '', '--to', '2', '--json')).data.error.message).toContain('several')
  })

  it.each([
    [['some-run']],
    [['--to', '2']],
    [['--to', 'two', '--agent', 'f']],
    [['some-run', '--agent', 'f', '--to', '2']],
  ])('%j is usage', async (args) => {
    const { say } = await stranded(1)
    expect((await say('move', ...args, '--json')).data.error.code).toBe('usage')
  })
})

describe('runs that nobody goes on with', () => {
  it('are told by ps with what to do, and counted by doctor', async () => {
    const { say, works, ids } = await stranded(3)
    expect((await say('ps')).out).not.toContain('stranded')
    await works([pinOf(2)])
    const { out } = await say('ps')
    expect(out).toContain('stranded: 3 runs of f@1')
    expect(out).toContain('midwatch move --agent f --from 1 --to VERSION')
    const { data } = await say('ps', '--json')
    expect(data.stranded).toMatchObject([{ agent: 'f', version: 1, why: 'unserved', runs: 3, first: ids[0] }])
    expect(data.runs.map((run: { served: boolean }) => run.served)).toEqual([false, false, false])
    expect((await say('doctor')).out).toMatch(/warn +runs +3 that no living worker serves \(f@1\)/)
    await works(['f@1#*'])
    expect((await say('ps')).out).not.toContain('stranded')
    expect((await say('ps', '--json')).data.runs[0]).toMatchObject({ served: true, stranded: false })
  })

  it('are told apart from those whose code changed under them', async () => {
    const { say, works, ledger, ids } = await stranded(2)
    const { workerId } = await works([pinOf(1)])
    const [claimed] = await ledger.claim({ workerId, limit: 1, runId: ids[0] ?? '' })
    const op = {
      kind: 'park',
      runId: ids[0] ?? '',
      fence: claimed?.run.fence ?? 0,
      seq: 3,
      salt: 's',
      body: '{}',
    } as const
    await ledger.apply([{ ...op, waits: 'mismatch:act#1', dueAt: null, mailSeen: 0, escalations: [] }])
    const { out } = await say('ps')
    expect(out).toMatch(/stranded: 1 run of f@1, .*the code changed under them/)
    expect(out).toContain('midwatch cancel RUN')
    expect((await say('ps', '--json')).data.stranded).toMatchObject([{ why: 'misfit', runs: 1, first: ids[0] }])
    expect((await say('doctor')).out).toContain('1 that do not fit the code that serves them (f@1)')
  })
})
