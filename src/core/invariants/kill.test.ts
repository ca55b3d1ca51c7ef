import { describe, expect, it } from 'vitest'
import { tampered, told, Watch } from '../../../test/invariants/watch.js'
import { scopeOf } from '../scope.js'
import { kill } from './kill.js'

/** A begin before (epoch 0), a kill of another tenant (1), the scope engaged (2) and released (3), a begin after. */
async function aroundAKill(scope: string) {
  const watch = await Watch.start()
  const runId = await watch.run({ session: 's' })
  await watch.settle(runId, await watch.begin(runId), 'performed')
  await watch.ledger.engage({ scope: scopeOf.tenant('other'), mode: 'end', by: 'ann' })
  await watch.ledger.engage({ scope, mode: 'hold', by: 'ann' })
  const refused = await watch.write(runId, {
    kind: 'begin',
    step: 's',
    attempt: 1,
    tool: 'pay',
    timeoutMs: 1,
    settlesMs: 0,
    charges: [],
  })
  await watch.ledger.release({ scope, by: 'ann', jitterMs: 0 })
  const seq = await watch.begin(runId)
  return { runId, seq, refused, facts: await watch.facts() }
}

const SCOPES = [
  'fleet',
  'tenant:acme',
  'agent:desk',
  'tool:pay',
  'session:acme/s',
  'run:00000000-0000-7000-8000-000000000001',
]

describe('kill', () => {
  it.each(SCOPES)('begins before a switch of %s and after its release pass', async (scope) => {
    const { facts, refused } = await aroundAKill(scope)
    expect(refused.code).toBe('switched')
    expect(told(kill, facts)).toEqual([])
  })

  it.each(SCOPES)('a begin granted between engage and release of %s is found', async (scope) => {
    const { runId, seq, facts } = await aroundAKill(scope)
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[seq - 1] ?? {}, { epoch: 2 }))
    expect(told(kill, bad)).toEqual([`An intent was granted while '${scope}' was switched off.`])
  })

  it('a begin at a switch that was never released is found', async () => {
    const { facts } = await aroundAKill('fleet')
    const bad = tampered(facts, ({ switches }) =>
      switches.splice(2, 1, { ...facts.switches[2], scope: 'tenant:third' } as never),
    )
    expect(told(kill, bad)).toEqual(["An intent was granted while 'fleet' was switched off."])
  })

  it('an epoch that fell, or one that no switch has, is found', async () => {
    const { runId, seq, facts } = await aroundAKill('fleet')
    const fell = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[seq - 2] ?? {}, { epoch: 9 }))
    expect(told(kill, fell)).toEqual([
      'An entry saw a switch that the history does not hold.',
      'An entry saw an older switch epoch than the one before it.',
    ])
  })
})
