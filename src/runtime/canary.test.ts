import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Entropy } from '../core/ids.js'
import { systemEntropy } from '../core/ids.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import type { Definition } from '../orchestrator/definition.js'
import { flow } from '../orchestrator/flow.js'
import { assemble, type Midwatch } from '../runtime.js'
import { CanaryChoice } from './canary.js'

const version = (no: number) => flow({ name: 'f', version: no, input: z.object({}), run: async () => no })
const [one, two] = [version(1), version(2)]

describe('a share of a canary', () => {
  const ledger = memoryLedger()
  const chosen = async (
    share: number,
    by: { tenant?: string; session?: string; key?: string },
    entropy: Entropy = systemEntropy,
  ) => {
    const choice = new CanaryChoice({ ledger, entropy }, { f: { version: 2, share } }, [one.definition, two.definition])
    return (await choice.of(one.definition, by)).version
  }
  const share = async (of: number) => {
    const all = await Promise.all(Array.from({ length: 2_000 }, (_, n) => chosen(of, { session: `s${n}` })))
    return all.filter((no) => no === 2).length / all.length
  }

  it('is what it says, over many sessions', async () => {
    expect(await share(0)).toBe(0)
    expect(await share(1)).toBe(1)
    expect(await share(0.1)).toBeCloseTo(0.1, 1)
  })

  it('gives a session the same version each time, and takes none back when it grows', async () => {
    for (let n = 0; n < 200; n += 1) {
      const [small, again, large] = [0.1, 0.1, 0.3].map((of) =>
        chosen(of, { session: `s${n}`, key: `k${Math.random()}` }),
      )
      expect(await again).toBe(await small)
      if ((await small) === 2) expect(await large).toBe(2)
    }
  })

  it('goes by the key without a session, by tenant, and by chance without either', async () => {
    const keys = await Promise.all(Array.from({ length: 200 }, (_, n) => chosen(0.5, { key: `k${n}` })))
    expect(await Promise.all(Array.from({ length: 200 }, (_, n) => chosen(0.5, { key: `k${n}` })))).toEqual(keys)
    const other = await Promise.all(Array.from({ length: 200 }, (_, n) => chosen(0.5, { key: `k${n}`, tenant: 't' })))
    expect(other).not.toEqual(keys)
    expect(await chosen(0.5, {}, { ...systemEntropy, random: () => 0.4 })).toBe(2)
    expect(await chosen(0.5, {}, { ...systemEntropy, random: () => 0.6 })).toBe(1)
  })

  it('leaves a session whose state is newer than the code with the code that can read it', async () => {
    const withState = (definition: Definition, no: number) =>
      ({ ...definition, session: { state: { version: no } } }) as unknown as Definition
    const [old, newer] = [withState(one.definition, 1), withState(two.definition, 2)]
    const written = { state: { version: 2, text: '{}' } }
    const read = { ...ledger, session: async () => written } as unknown as typeof ledger
    const choice = new CanaryChoice({ ledger: read, entropy: systemEntropy }, { f: { version: 2, share: 0 } }, [
      old,
      newer,
    ])
    expect((await choice.of(old, { session: 's' })).version).toBe(2)
    expect((await choice.of(old, {})).version).toBe(1)
    const unread = new CanaryChoice({ ledger, entropy: systemEntropy }, { f: { version: 2, share: 0 } }, [old, newer])
    expect((await unread.of(old, { session: 's' })).version).toBe(1)
  })
})

describe('a runtime with a canary', () => {
  let mw: Midwatch | null = null
  beforeEach(() => {
    mw = null
  })
  afterEach(() => mw?.stop())
  const runtime = async (canary: Record<string, { version: number; share: number }>) => {
    mw = await assemble({ run: [one, two], canary, worker: false }, { ledger: memoryLedger() })
    return mw
  }
  const started = async (of: Midwatch, agent: typeof one) =>
    (await of.ledger.run({ runId: (await of.start(agent, { input: {}, session: 's' })).id }))?.version

  it('starts it for its share, and itself for whoever asks for it', async () => {
    const all = await runtime({ f: { version: 2, share: 1 } })
    expect(await started(all, one)).toBe(2)
    const none = await runtime({ f: { version: 2, share: 0 } })
    expect([await started(none, one), await started(none, two)]).toEqual([1, 2])
  })

  it('refuses one that it does not serve, and a share that is none', async () => {
    await expect(runtime({ f: { version: 3, share: 0.1 } })).rejects.toMatchObject({ code: 'invalid_config' })
    await expect(runtime({ g: { version: 2, share: 0.1 } })).rejects.toThrow(/'g' is not among/)
    await expect(runtime({ f: { version: 2, share: 10 } })).rejects.toThrow(/from 0 to 1, not 10/)
  })
})
