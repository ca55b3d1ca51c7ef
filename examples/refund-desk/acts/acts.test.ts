import { beforeEach, describe, expect, it } from 'vitest'
import { memoryBooks } from '../payments/books.js'
import type { ProviderTrouble } from '../payments/port.js'
import { paymentProvider } from '../payments/provider.js'
import { memoryWorld } from '../world/memory.js'
import { memoryWitness } from '../world/witness.js'
import type { Desk } from './desk.js'
import { findCustomer, findOrder } from './find.js'
import { cancelOrder, offerCredit, sendEmail } from './keyed.js'
import { issueRefund, lookUpRefund } from './refund.js'

let desk: Desk
let trouble: ProviderTrouble
const KEY = { key: 'k-1' }

beforeEach(() => {
  trouble = { kind: 'none' }
  const witness = memoryWitness('midwatch')
  const payments = paymentProvider({ books: memoryBooks(witness), witness, trouble: () => trouble })
  desk = { world: memoryWorld(witness), payments, witness }
})

describe('the acts of the desk', () => {
  it('pays back and books, and then refuses to pay the same order again', async () => {
    expect(await issueRefund(desk, { orderId: '1002', amount: 25 }, KEY)).toEqual({ refundId: 'refund-1', amount: 25 })
    expect(await findOrder(desk, { orderId: '1002' })).toMatchObject({ refunded: 25, total: 25 })
    await expect(issueRefund(desk, { orderId: '1002', amount: 25 }, { key: 'k-2' })).rejects.toMatchObject({
      kind: 'permanent',
      code: 'already_refunded',
    })
  })

  it.each([
    ['9999', 5, 'no_such_order'],
    ['1002', 25.01, 'more_than_was_paid'],
  ])('does not pay for order %s, %d dollars: %s', async (orderId, amount, code) => {
    await expect(issueRefund(desk, { orderId, amount }, KEY)).rejects.toMatchObject({ kind: 'permanent', code })
  })

  it('knows that a busy provider did not act, and how long to wait', async () => {
    trouble = { kind: 'busy', retryAfterMs: 700 }
    await expect(issueRefund(desk, { orderId: '1002', amount: 25 }, KEY)).rejects.toMatchObject({
      kind: 'not_performed',
      retryAfterMs: 700,
    })
  })

  it('leaves a 500 unexplained, and finds nothing paid when it looks', async () => {
    trouble = { kind: 'broken' }
    await expect(issueRefund(desk, { orderId: '1002', amount: 25 }, KEY)).rejects.not.toHaveProperty('kind')
    expect(await lookUpRefund(desk, 'k-1')).toBeNull()
  })

  it('finds and books what was paid although the answer was lost', async () => {
    trouble = { kind: 'pay_then_hang' }
    const how = { key: 'k-1', signal: AbortSignal.timeout(20) }
    await expect(issueRefund(desk, { orderId: '1002', amount: 25 }, how)).rejects.toThrow()
    expect(await findOrder(desk, { orderId: '1002' })).toMatchObject({ refunded: 0 })
    expect(await lookUpRefund(desk, 'k-1')).toEqual({ refundId: 'refund-1', amount: 25 })
    expect(await findOrder(desk, { orderId: '1002' })).toMatchObject({ refunded: 25 })
  })

  it('cancels what is open and says so of what is not', async () => {
    expect(await cancelOrder(desk, { orderId: '1003' }, KEY)).toEqual({ cancelled: true })
    await expect(cancelOrder(desk, { orderId: '1001' }, { key: 'k-2' })).rejects.toMatchObject({
      code: 'no_longer_open',
    })
  })

  it('writes to customers it knows, and to nobody else', async () => {
    const mail = { orderId: '1001', customerId: 'c-99', subject: 's', body: 'b' }
    await expect(sendEmail(desk, mail, KEY)).rejects.toMatchObject({ code: 'no_such_customer' })
  })

  it('tells and credits nobody for an order of another', async () => {
    const other = { orderId: '1001', customerId: 'c-02' }
    const fault = { kind: 'permanent', code: 'order_of_another' }
    await expect(sendEmail(desk, { ...other, subject: 's', body: 'b' }, KEY)).rejects.toMatchObject(fault)
    await expect(offerCredit(desk, { ...other, amount: 5 })).rejects.toMatchObject(fault)
    expect(await desk.witness.facts()).toEqual([])
  })

  it('shows a history page by page', async () => {
    expect(await findCustomer(desk, { customerId: 'c-01' })).toMatchObject({ page: 1, pages: 1, credit: 0 })
    expect(await findCustomer(desk, { customerId: 'c-99' })).toEqual({ found: false })
  })
})
