import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryWitness, type WrittenFact } from '../world/witness.js'
import { memoryBooks } from './books.js'
import { httpPayments } from './client.js'
import type { Payments, ProviderTrouble } from './port.js'
import { paymentProvider } from './provider.js'
import { type PaymentServer, servePayments } from './server.js'

const REQUEST = { orderId: '1004', cents: 8_950, key: 'k-1' }

describe('the payment provider over HTTP', () => {
  let server: PaymentServer
  let lines: WrittenFact[]
  let troubles: ProviderTrouble[]
  let killed: unknown[]
  let payments: Payments
  const paid = () => lines.filter((line) => line.deed === 'refund')
  const hangUpOncePaid = async () => {
    const caller = new AbortController()
    const answer = expect(payments.refund(REQUEST, caller.signal)).rejects.toThrow()
    await expect.poll(() => paid().length).toBe(1)
    caller.abort()
    await answer
  }
  beforeEach(async () => {
    lines = []
    troubles = []
    killed = []
    const witness = memoryWitness('midwatch', lines)
    const provider = paymentProvider({
      books: memoryBooks(witness),
      witness,
      trouble: (_, nth) => troubles[nth - 1] ?? { kind: 'none' },
      killSender: ({ orderId, senderPid }) => killed.push([orderId, senderPid]),
    })
    server = await servePayments({ desk: provider })
    payments = httpPayments(`${server.url}/desk`, 'token')
  })
  afterEach(() => server.stop())

  it('pays once for one key, and gives the first refund back', async () => {
    const first = await payments.refund(REQUEST)
    expect(await payments.refund(REQUEST)).toEqual(first)
    expect(paid()).toHaveLength(1)
  })

  it('pays each time where no key is sent', async () => {
    await payments.refund({ ...REQUEST, key: null })
    await payments.refund({ ...REQUEST, key: null })
    expect(paid()).toHaveLength(2)
  })

  it('declines a known key with another amount', async () => {
    await payments.refund(REQUEST)
    expect(await payments.refund({ ...REQUEST, cents: 1 })).toEqual({ status: 'declined', why: 'key_reused' })
  })

  it('says busy with the time to wait, and has not paid', async () => {
    troubles = [{ kind: 'busy', retryAfterMs: 1_000 }]
    expect(await payments.refund(REQUEST)).toEqual({ status: 'busy', retryAfterMs: 1_000 })
    expect(paid()).toHaveLength(0)
  })

  it('breaks before it acts', async () => {
    troubles = [{ kind: 'broken' }]
    expect(await payments.refund(REQUEST)).toEqual({ status: 'broken' })
    expect(paid()).toHaveLength(0)
  })

  it('pays and never answers: the caller knows nothing, the look-up knows', async () => {
    troubles = [{ kind: 'pay_then_hang' }]
    await hangUpOncePaid()
    expect(await payments.find('k-1')).toMatchObject({ cents: 8_950 })
    expect(await payments.find('k-2')).toBeNull()
    expect(paid()).toHaveLength(1)
  })

  it('pays although the caller has hung up meanwhile', async () => {
    troubles = [{ kind: 'slow', afterMs: 80 }]
    await expect(payments.refund(REQUEST, AbortSignal.timeout(20))).rejects.toThrow()
    await expect.poll(() => paid().length).toBe(1)
  })

  it('tells whose sender is to die after the payment', async () => {
    troubles = [{ kind: 'pay_then_kill_sender' }]
    await hangUpOncePaid()
    expect(killed).toEqual([['1004', process.pid]])
    expect(paid()).toHaveLength(1)
  })

  it('turns away who brings no token, and who has no account', async () => {
    expect((await fetch(`${server.url}/desk/refunds?key=k`)).status).toBe(401)
    expect((await fetch(`${server.url}/nobody/refunds?key=k`)).status).toBe(404)
  })
})
