import { beforeEach, describe, expect, it } from 'vitest'
import type { Desk } from '../acts/desk.js'
import { brainModel } from '../brain/model.js'
import { CASES, type Case } from '../night/cases.js'
import { hostileWorld } from '../night/hostile.js'
import { nightOf } from '../night/night.js'
import { memoryBooks } from '../payments/books.js'
import { paymentProvider } from '../payments/provider.js'
import { memoryWorld } from '../world/memory.js'
import { memoryWitness, type WrittenFact } from '../world/witness.js'
import { naiveLoop } from './loop.js'
import type { Keys } from './tools.js'

const NIGHT = nightOf(7)
const RETRY = { attempts: 3, timeoutMs: 250, backoffMs: 1 }
let lines: WrittenFact[]
let desk: Desk

/** The same night, in memory and with impatience scaled down. */
beforeEach(() => {
  lines = []
  const witness = memoryWitness('naive', lines)
  const trouble = (orderId: string, nth: number) => {
    const given = NIGHT.provider(orderId, nth)
    return given.kind === 'slow' ? { kind: 'slow' as const, afterMs: 5 } : given
  }
  const payments = paymentProvider({ books: memoryBooks(witness), witness, trouble })
  desk = { world: hostileWorld(memoryWorld(witness), NIGHT), payments, witness }
})

const caseOf = (name: string) => CASES.find((one) => one.name === name) as Case
const work = (text: string, keys: Keys = 'none') => {
  const model = brainModel({ night: { ...NIGHT, modelMs: () => 0 }, witness: async () => desk.witness })
  return naiveLoop({ desk, model, keys, retry: RETRY }, text)
}
const workCase = (name: string, keys?: Keys) => work(caseOf(name).messages[0]?.text ?? '', keys)
const count = (deed: string) => lines.filter((line) => line.deed === deed).length

describe('the naive loop on this night', () => {
  it('works plain messages as well as anybody', async () => {
    expect(await workCase('plain refund')).toMatchObject({ status: 'completed' })
    expect(await workCase('plain cancellation')).toMatchObject({ status: 'completed' })
    expect(await workCase('off topic')).toMatchObject({ status: 'refused' })
    expect([count('refund'), count('cancel'), count('email')]).toEqual([1, 1, 2])
  })

  it('pays twice where the provider paid and never answered', async () => {
    expect(await workCase('lost answer')).toMatchObject({ status: 'completed' })
    expect(count('refund')).toBe(2)
  })

  it('pays twice where one message is delivered twice, even with a key for each call', async () => {
    await Promise.all([workCase('delivered twice', 'per_call'), workCase('delivered twice', 'per_call')])
    expect(count('refund')).toBe(2)
  })

  it('pays twice where two sessions work one order', async () => {
    await Promise.all(caseOf('two sessions').messages.map(({ text }) => work(text)))
    expect(count('refund')).toBe(2)
  })

  it('pays twice where the message is redone after a crash, even with a key for each call', async () => {
    const first = workCase('worker killed', 'per_call')
    await expect.poll(() => count('refund')).toBe(1)
    await workCase('worker killed', 'per_call')
    expect(count('refund')).toBe(2)
    await first
  })

  it('gives up in a storm of 429s, for it does not wait as long as it is told', async () => {
    expect(await workCase('storm 1')).toMatchObject({ status: 'handed_over' })
    expect(count('refund')).toBe(0)
  })

  it('pays what nobody approved', async () => {
    await workCase('needs a person')
    expect(lines.filter((line) => line.deed === 'refund').map((line) => line.amount)).toEqual([18_000])
  })

  it.each(['looping model', 'apology loop', 'swelling context'])(
    'ends %s by throwing, and nobody hears of it',
    async (name) => {
      await expect(workCase(name)).rejects.toThrow('did not come to an end')
      expect(count('refund')).toBe(0)
    },
  )

  it('gives the credit twice where its answer was lost', async () => {
    await workCase('lost credit')
    expect(count('credit')).toBe(2)
  })
})
