import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.js'
import { type Heard, hear, midwatchBinary, saysOnce } from './binary.js'

const DESK = ['--config', 'test/cli/desk.ts']
const message = (text: string) => ['--input', JSON.stringify({ message: text })]

let database: TestDatabase
let binary: Awaited<ReturnType<typeof midwatchBinary>>
const children: ChildProcess[] = []
let parked = ''
let escalation = ''

beforeAll(async () => {
  database = await freshDatabase()
  binary = await midwatchBinary({ databaseUrl: database.url })
})
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await database.drop()
})

const say = (...argv: string[]): Promise<Heard> => binary.say(...argv, ...DESK)

/** One after another, as a person would: each part stands on those before it. */
describe('the command line against a real PostgreSQL', { timeout: 120_000 }, () => {
  it('run, ps, show, why', async () => {
    const run = await say('run', 'desk', ...message('find W1; refund W1 12'))
    expect(run.err).toContain('proposes issue_refund')
    expect([run.exit, run.out]).toEqual([0, expect.stringMatching(/^completed/)])
    const id = /run (\S+)/.exec(run.err)?.[1] ?? ''
    const ps = await say('ps', '--all', '--json')
    expect(JSON.parse(ps.out).runs).toMatchObject([{ runId: id, outcome: 'completed' }])
    const [show, why] = [await say('show', id), await say('why', id.slice(-10))]
    expect(show.out).toMatch(/begin +issue_refund \{"amount":12,"orderId":"W1"\}/)
    expect(why.out.replace(/\s+/g, ' ')).toContain('because: “I will issue_refund now.”')
    expect([show.exit, why.exit]).toEqual([0, 0])
  })

  it('inbox, approve', async () => {
    const run = await say('run', 'desk', ...message('find W9; refund W9 150'), '--key', 'k9', '--json')
    expect(run.exit).toBe(4)
    parked = JSON.parse(run.out).run.runId
    const inbox = await say('inbox')
    escalation = /esc_\w+/.exec(inbox.out)?.[0] ?? ''
    expect(inbox.out).toContain('issue_refund {"amount":150,"orderId":"W9"}')
    const approved = await say('approve', escalation, '--by', 'fay', '--note', 'ok')
    expect([approved.exit, approved.out]).toEqual([0, expect.stringContaining('fay: approve.')])
    expect(await say('approve', escalation)).toMatchObject({
      exit: 3,
      err: expect.stringMatching(/^midwatch: escalation_closed: /),
    })
  })

  it('start works what waits; kill aborts it; release lifts that', async () => {
    const worker = binary.begin(['start', ...DESK])
    children.push(worker)
    const ended = hear(worker)
    await saysOnce(worker, 'Works desk@1, survey@1, nap@1')
    // The approved one goes on with this worker; the same key hears its outcome.
    const done = await say('run', 'desk', ...message('find W9; refund W9 150'), '--key', 'k9')
    expect(done.exit).toBe(0)
    const waits = binary.begin(['run', 'desk', ...message('wait'), ...DESK])
    children.push(waits)
    const killed = hear(waits)
    await saysOnce(waits, 'proposes wait', 'stderr')
    const kill = await say('kill', 'fleet', '--reason', 'drill', '--json')
    expect(kill.exit).toBe(0)
    expect(JSON.parse(kill.out)).toMatchObject({ scope: 'fleet', epoch: 1 })
    expect(await killed).toMatchObject({ exit: 7, out: expect.stringMatching(/^killed/) })
    expect((await say('release', 'fleet')).out).toContain('Released fleet at epoch 2.')
    worker.kill('SIGINT')
    expect((await ended).exit).toBe(0)
  })

  it('meters set, verify, doctor, export', async () => {
    expect((await say('meters', 'set', 'fleet', 'usd', '$50', '--per', 'day')).exit).toBe(0)
    expect((await say('meters')).out).toMatch(/fleet +usd +day +\$0\.00 +\$0\.00 +\$50\.00/)
    const verify = await say('verify', '--json')
    expect([verify.exit, JSON.parse(verify.out)]).toEqual([0, expect.objectContaining({ ok: true, violations: [] })])
    const doctor = await say('doctor')
    expect(doctor.out).toMatch(/ok +server +PostgreSQL \d+/)
    expect(doctor.out).toMatch(/warn +workers +none is alive/)
    expect(doctor.exit).toBe(0)
    const exported = await say('export', parked)
    expect(JSON.parse(exported.out)).toMatchObject({
      form: 'midwatch.run/1',
      run: { runId: parked, outcome: 'completed' },
    })
  })

  it('a broken ledger is found: exit code 6', async () => {
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query('alter table midwatch.entry disable trigger all')
    await client.query(`update midwatch.entry set body = '{"outcome":{}}' where kind = 'end' and run_id = $1`, [parked])
    await client.end()
    const verify = await say('verify', parked)
    expect([verify.exit, verify.out]).toEqual([6, expect.stringMatching(/I9 \(/)])
  })

  it('wrong arguments: exit code 2 and one clear line', async () => {
    for (const argv of [['run', 'desk'], ['why'], ['kill', 'galaxy'], ['ps', '--limit', 'x'], ['dance']]) {
      const said = await say(...argv)
      expect([said.exit, said.out]).toEqual([2, ''])
      expect(said.err).toMatch(/^midwatch: \w+: [^\n]+\n$/)
    }
  })

  it('a database that is away: ledger_away, exit code 6', async () => {
    const away = await midwatchBinary({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' })
    const said = await away.say('ps', ...DESK)
    expect([said.exit, said.err]).toEqual([6, expect.stringMatching(/^midwatch: ledger_away: [^\n]+\n$/)])
  })
})
