import { describe, expect, it } from 'vitest'
import { charge, claimOf, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { replay } from './replay.js'

async function mixedRun() {
  const watch = await Watch.start()
  const runId = await watch.run({ meters: ['usd', 'strikes', 'context_tokens', 'lane'] })
  const charges = [
    charge('usd', 50),
    charge('context_tokens', 9, { kind: 'peak' }),
    charge('lane', 1, { kind: 'level' }),
  ]
  await watch.settle(runId, await watch.begin(runId, { charges }), 'performed', [20, 7, null])
  await watch.write(runId, { kind: 'note', count: { strikes: 2 } })
  await watch.park(runId)
  watch.now += 2_000
  await watch.claim(runId)
  await watch.doubt(runId, await watch.begin(runId, { charges, effect: claimOf('k') }))
  return { watch, runId, facts: await watch.facts() }
}

describe('replay', () => {
  it('folding gives a run in the middle of a doubt', async () => {
    const { facts } = await mixedRun()
    expect(facts.runs[0]?.meters).toMatchObject({ usd: { used: 20, reserved: 50 }, strikes: { used: 2 } })
    expect(told(replay, facts)).toEqual([])
  })

  it('folding gives an ended run that was reconciled', async () => {
    const { watch, runId, facts } = await mixedRun()
    await watch.end(runId)
    await watch.claim(runId)
    await watch.settle(runId, facts.runs[0]?.open[0] ?? 0, 'performed')
    await watch.write(runId, { kind: 'audit', dueAt: null, mailSeen: 0 })
    expect(told(replay, await watch.facts())).toEqual([])
  })

  it.each([
    ['state', { state: 'waiting' as const }],
    ['outcome', { outcome: 'completed' as const }],
    ['head', { headSeq: 3 }],
    ['count of claims', { claims: 4 }],
    ['mail position', { mailSeen: 1 }],
    ['list of open intents', { open: [] }],
    ["meter 'usd' (used)", { meters: { usd: { used: 21, reserved: 50 } } }],
    ["meter 'usd' (reserved)", { meters: { usd: { used: 20, reserved: 0 } } }],
    ["meter 'strikes' (used)", { meters: {} }],
  ])("a run whose %s is not its journal's is found", async (what, edit) => {
    const { facts } = await mixedRun()
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[0] ?? {}, edit))
    expect(told(replay, bad).join()).toContain(`The run's ${what}`)
  })
})
