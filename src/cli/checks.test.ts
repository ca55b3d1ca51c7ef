import { describe, expect, it } from 'vitest'
import { terminal } from '../../test/cli/terminal.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import type { DatabaseReport } from '../runtime/operator.js'
import { manualClock } from '../testing/manual-clock.js'
import { databaseChecks, fleetChecks, nodeCheck } from './checks.js'

const healthy: DatabaseReport = {
  serverVersion: '16.4',
  systemIdentifier: '7',
  timeline: 1,
  incarnation: 1,
  replication: {
    synchronousCommit: 'on',
    synchronousStandbyNames: 'b',
    standbys: [{ name: 'b', state: 'streaming', syncState: 'sync' }],
  },
  durability: { fsync: true, fullPageWrites: true },
  isolation: 'read committed',
  role: { name: 'midwatch_runtime', ownsSchema: false, mayChangeEntries: false },
  pooled: false,
  clockAheadMs: 3,
}

/** What is said of a report that differs from a healthy one. */
function states(different: Partial<DatabaseReport>, embedded = false) {
  const checks = databaseChecks({ ...healthy, ...different }, embedded)
  return checks.filter((one) => one.state !== 'ok').map((one) => `${one.state} ${one.name}`)
}

describe('what doctor says of a database', () => {
  it('nothing against a healthy one', () => {
    expect(states({})).toEqual([])
  })

  const { replication } = healthy
  const one = { name: 'owner', ownsSchema: true, mayChangeEntries: true }
  it.each<[Partial<DatabaseReport>, string]>([
    [{ serverVersion: '14.9' }, 'fail server'],
    [{ isolation: 'repeatable read' }, 'fail isolation'],
    [{ role: one }, 'warn roles'],
    [{ role: { ...one, ownsSchema: false } }, 'warn roles'],
    [{ pooled: true }, 'warn pooling'],
    [{ durability: { fsync: false, fullPageWrites: true } }, 'fail durability'],
    [{ durability: { fsync: true, fullPageWrites: false } }, 'fail durability'],
    [{ replication: { ...replication, synchronousCommit: 'off' } }, 'fail replication'],
    [{ replication: { ...replication, synchronousCommit: 'local' } }, 'warn replication'],
    [{ replication: { ...replication, synchronousCommit: 'remote_write' } }, 'warn replication'],
    [{ replication: { ...replication, synchronousStandbyNames: '' } }, 'warn replication'],
    [{ replication: { ...replication, standbys: [] } }, 'warn replication'],
    [{ clockAheadMs: -2_000 }, 'warn clock'],
    [{ clockAheadMs: 9_000 }, 'fail clock'],
  ])('%j is %s', (different, expected) => {
    expect(states(different)).toEqual([expected])
  })

  it('a standby that is not waited for is named beside those that are', () => {
    const lagging = { name: 'far', state: 'streaming', syncState: 'async' }
    const more = { ...replication, standbys: [...replication.standbys, lagging] }
    const check = databaseChecks({ ...healthy, replication: more }, false).find(({ name }) => name === 'replication')
    expect(check).toMatchObject({
      state: 'ok',
      what: expect.stringContaining('far may lag behind: never promote that'),
    })
  })

  it('an embedded one stands alone and has one user', () => {
    const alone = { ...replication, synchronousStandbyNames: '', standbys: [] }
    expect(states({ replication: alone, role: one }, true)).toEqual([])
  })

  it('a pooler is no trouble where a direct way stands beside it', () => {
    const states = databaseChecks({ ...healthy, pooled: true }, false, true).map(({ state }) => state)
    expect(new Set(states)).toEqual(new Set(['ok']))
  })

  it('each line that is not ok says what to do', () => {
    const sick = databaseChecks(
      { ...healthy, isolation: 'serializable', serverVersion: '9.6', clockAheadMs: 9_000 },
      false,
    )
    for (const check of sick) expect(check.advice === '').toBe(check.state === 'ok')
  })

  it.each([
    ['v20.19.0', 'ok'],
    ['v24.1.0', 'ok'],
    ['v20.18.3', 'fail'],
    ['v18.20.0', 'fail'],
  ])('Node %s is %s', (version, state) => {
    expect(nodeCheck(version).state).toBe(state)
  })
})

describe('what doctor says of a fleet', () => {
  it('tells of runs that no living worker serves, engaged switches and open questions', async () => {
    const { desk, say, ledger } = terminal()
    await desk('find W9; refund W9 150')
    await say('kill', 'tenant:acme')
    const checks = Object.fromEntries((await fleetChecks(ledger)).map((one) => [one.name, `${one.state} ${one.what}`]))
    expect(checks.workers).toBe('warn none is alive')
    expect(checks.runs).toMatch(/^warn 1 that no living worker serves \(desk@1\)/)
    expect(checks.switches).toBe('warn engaged: tenant:acme (end, by ann)')
    expect(checks.people).toMatch(/^warn 1 open question; the next is due in 4h/)
    expect((await say('doctor')).out).toContain('midwatch inbox lists them.')
  })

  it('is content with a worker that serves all there is', async () => {
    const ledger = memoryLedger()
    await ledger.workers.register({ name: 'w', leaseMs: 60_000, serves: [], queues: ['default'] })
    expect((await fleetChecks(ledger)).map((one) => one.state)).toEqual(Array(6).fill('ok'))
  })

  // Served by agent and version, so that `runs` has nothing to say, and yet nobody comes.
  it('tells of a queue in which runs wait and that no living worker looks into', async () => {
    const clock = manualClock()
    const ledger = memoryLedger({ clock })
    const waits = (runId: string, queue: string) =>
      ledger.admit({
        ...{ runId, queue, tenant: 't', agent: 'a', version: 1, fingerprint: 'f', key: null, session: null },
        ...{
          principal: null,
          origin: null,
          deadlineMs: 86_400_000,
          meters: [],
          body: '{}',
          salt: 's',
          inputDigest: 'd',
        },
      })
    const serves = ['a@1#f']
    await ledger.workers.register({ name: 'w', leaseMs: 86_400_000, serves, queues: ['default', 'quick'] })
    const gone = await ledger.workers.register({ name: 'night', leaseMs: 60_000, serves, queues: ['bulk'] })
    await waits('r1', 'quick')
    await waits('r2', 'bulk')
    await waits('r3', 'bulk')
    const found = async () => (await fleetChecks(ledger)).find(({ name }) => name === 'queues')
    expect(await found()).toMatchObject({ state: 'ok', what: 'runs wait in 2 queues, each served' })
    await ledger.workers.retire({ workerId: gone.workerId })
    await clock.advance(600_000)
    expect(await found()).toEqual({
      name: 'queues',
      state: 'warn',
      what: "no living worker looks into 'bulk' (2 waiting, the oldest for 10m)",
      advice: expect.stringContaining('midwatch worker --queue NAME'),
    })
  })

  it('tells that claims are stopped, and by what', async () => {
    const ledger = memoryLedger()
    await ledger.lives.stop({ why: 'it went back.', by: 'w1', since: null })
    const [continuity] = await fleetChecks(ledger)
    expect(continuity).toMatchObject({
      name: 'continuity',
      state: 'fail',
      what: expect.stringContaining('it went back.'),
    })
  })
})
