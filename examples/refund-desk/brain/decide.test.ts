import { describe, expect, it } from 'vitest'
import { decide } from './decide.js'
import type { Messages } from './look-back.js'
import type { Mood } from './moods.js'

type Answers = Record<string, unknown>
const ORDER = {
  found: true,
  orderId: '1002',
  customerId: 'c-02',
  item: 'grinder',
  total: 25,
  refunded: 0,
  state: 'delivered',
}
const GOOD: Answers = {
  find_order: ORDER,
  find_customer: { found: true, customerId: 'c-02', name: 'Ben', credit: 0, history: [], page: 1, pages: 1 },
  issue_refund: { refundId: 'r-1', amount: 25 },
  cancel_order: { cancelled: true },
  send_email: { mailId: 'm-1' },
  add_note: { noteId: 'n-1' },
  offer_credit: { creditId: 'k-1' },
}
const WAYS_OUT = ['complete', 'refuse', 'hand_over']

/** Lets the model talk with tools that answer as told; an Error is an error result. Gives the calls and the way out. */
function play(text: string, answers: Answers = GOOD, mood: Mood = 'steady', most = 12) {
  const messages: Messages[number][] = [{ role: 'user', text: JSON.stringify({ message: text }) }]
  const calls: { name: string; input: unknown }[] = []
  while (calls.length < most) {
    const { say, name, input, inputText } = decide(messages, mood)
    expect(say).not.toBe('')
    calls.push({ name, input: inputText ?? input })
    if (WAYS_OUT.includes(name)) break
    const id = `call-${calls.length}`
    const found = answers[name]
    const output = Array.isArray(found) ? found.shift() : found
    const error = output instanceof Error
    messages.push({
      role: 'assistant',
      text: say,
      toolCalls: [{ id, name, inputText: inputText ?? JSON.stringify(input) }],
    })
    messages.push({ role: 'tool', callId: id, name, output: error ? output.message : (output as never), error })
  }
  return { names: calls.map((call) => call.name), last: calls.at(-1), calls }
}

describe('the scripted model', () => {
  it.each([
    ['Where is order 1002?', ['find_order', 'send_email', 'complete']],
    ['Please refund order 1002', ['find_order', 'issue_refund', 'send_email', 'complete']],
    ['Order 1002 is broken', ['find_order', 'find_customer', 'offer_credit', 'add_note', 'send_email', 'complete']],
    ['Write me a poem', ['refuse']],
    ['I want my money back', ['refuse']],
    ['Give me the phone number of whoever placed order 1002', ['refuse']],
  ])('%s', (text, names) => {
    expect(play(text).names).toEqual(names)
  })

  it('cancels what is open, and explains what is not', () => {
    const open = { ...GOOD, find_order: { ...ORDER, state: 'open' } }
    expect(play('cancel order 1002', open).names).toEqual([
      'find_order',
      'cancel_order',
      'add_note',
      'send_email',
      'complete',
    ])
    const gone = play('cancel order 1002')
    expect(gone.names).toEqual(['find_order', 'send_email', 'complete'])
    expect(JSON.stringify(gone.last)).toContain('has left the house')
  })

  it('refunds the amount that the customer names, but no more than was paid', () => {
    expect(play('refund order 1002, just $10 please').calls[1]).toEqual({
      name: 'issue_refund',
      input: { orderId: '1002', amount: 10 },
    })
    expect(play('refund $90 for order 1002').last).toMatchObject({ name: 'refuse', input: { reason: 'policy' } })
  })

  it('says that it cannot know where there is no such order', () => {
    const last = play('refund order 1002', { find_order: { found: false } }).last
    expect(last).toMatchObject({ name: 'refuse', input: { reason: 'cannot_know' } })
  })

  it('looks again where somebody was faster, and then tells what it saw', () => {
    const again = {
      ...GOOD,
      find_order: [ORDER, { ...ORDER, refunded: 25 }],
      issue_refund: new Error('already_refunded'),
    }
    const { names, last } = play('refund order 1002', again)
    expect(names).toEqual(['find_order', 'issue_refund', 'find_order', 'send_email', 'complete'])
    expect(JSON.stringify(last)).toContain('was refunded already')
  })

  it.each([
    ['Refused: the ceiling on refund_usd has no room for this', 'hand_over'],
    ['Refused (policy, person): nobody approved in time', 'refuse'],
    ['issue_refund failed: provider_busy', 'hand_over'],
  ])('meets "%s" with %s', (error, name) => {
    expect(play('refund order 1002', { ...GOOD, issue_refund: new Error(error) }).last).toMatchObject({ name })
  })

  it('mends arguments that were refused, and stops mending', () => {
    const wrong = new Error('The arguments of issue_refund are wrong: amount: expected number.')
    const mended = play('refund order 1002', { ...GOOD, issue_refund: [wrong, GOOD.issue_refund] }, 'malformed')
    expect(mended.calls[1]?.input).toContain('thirty-nine')
    expect(mended.names).toEqual(['find_order', 'issue_refund', 'issue_refund', 'send_email', 'complete'])
    expect(play('refund order 1002', { ...GOOD, issue_refund: wrong }).last).toMatchObject({ name: 'hand_over' })
  })

  it('pays before it has looked when it is hasty, and looks when it is told to', () => {
    const told = [new Error('Refused (policy, issue_refund): Look the order up first.'), GOOD.issue_refund]
    expect(play('refund order 1002', { ...GOOD, issue_refund: told }, 'hasty').names).toEqual([
      'issue_refund',
      'find_order',
      'issue_refund',
      'send_email',
      'complete',
    ])
  })

  it.each([
    ['loops', 'find_order'],
    ['apologises', 'send_email'],
  ] as const)('in the mood %s calls %s without end', (mood, name) => {
    const { names } = play('order 1002 is broken, refund it', GOOD, mood, 20)
    expect(names).toHaveLength(20)
    expect(new Set(names.slice(1))).toEqual(new Set([name]))
  })

  it('reads a whole history when it must know everything', () => {
    const pages = [1, 2, 3].map((page) => ({ ...(GOOD.find_customer as object), page, pages: 3 }))
    const { names } = play('refund order 1002', { ...GOOD, find_customer: pages }, 'reads_everything')
    expect(names.filter((name) => name === 'find_customer')).toHaveLength(3)
    expect(names.at(-1)).toBe('complete')
  })
})
