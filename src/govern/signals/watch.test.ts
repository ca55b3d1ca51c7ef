import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CalledTool, type Happened, SIGNALS } from './signal.js'
import { SignalWatch } from './watch.js'

let no = 0
const call = (tool: string, more: Partial<CalledTool> = {}): CalledTool => {
  no += 1
  return {
    kind: 'call',
    step: `${tool}#${no}`,
    tool,
    args: 'a',
    result: 'r',
    write: false,
    ok: true,
    attempts: 1,
    ...more,
  }
}
const reply = (text: string, contextTokens: number | null = null, calls = 0): Happened => {
  no += 1
  return { kind: 'reply', step: `model#${no}`, text, calls, contextTokens }
}
const outcome = (text: string): Happened => ({ kind: 'outcome', step: 'end', text })

function hits(happened: readonly Happened[], writes: readonly string[] = ['issue_refund', 'send_email']): string[] {
  const watch = new SignalWatch(writes)
  return happened.flatMap((one) => watch.see(one)).map(({ signal }) => signal)
}

describe('the same call again', () => {
  it('is a signal at the third time with the same answer, and again at the sixth', () => {
    const calls = Array.from({ length: 6 }, () => call('find'))
    expect(hits(calls.slice(0, 2))).toEqual([])
    expect(hits(calls)).toEqual(['same_call', 'same_call'])
  })

  it('is none where the answer changes, or the arguments, or where it writes', () => {
    expect(hits(['1', '2', '3', '4'].map((result) => call('find', { result })))).toEqual([])
    expect(hits(['1', '2', '3', '4'].map((args) => call('find', { args })))).toEqual([])
    expect(hits([1, 2, 3, 4].map(() => call('send_email', { write: true })))).toEqual([])
  })

  it('names the steps that it was seen in', () => {
    const calls = [call('find'), call('find'), call('find')]
    const watch = new SignalWatch([])
    const [hit] = calls.flatMap((one) => watch.see(one))
    expect(hit).toMatchObject({ steps: calls.map(({ step }) => step), numbers: { times: 3 } })
  })
})

describe('calls by turns', () => {
  it('are a signal when both gave what they gave before', () => {
    expect(hits([call('a'), call('b'), call('a'), call('b')])).toEqual(['a_b_a_b', 'no_new_facts'])
  })

  it('are none while something new is learnt', () => {
    expect(hits([call('a'), call('b'), call('a', { result: 'new' }), call('b', { result: 'new' })])).toEqual([])
  })
})

describe('failures', () => {
  it('followed by the same call are a signal, whatever comes of it', () => {
    const failed = call('find', { ok: false, result: 'e' })
    expect(hits([failed, call('find')])).toEqual(['error_then_same_call'])
    expect(hits([failed, call('find', { args: 'b' })])).toEqual([])
    expect(hits([failed, call('other'), call('find')])).toEqual([])
  })

  it('close together are a signal, far apart they are none', () => {
    const failed = (args: string) => call('find', { ok: false, args, result: 'e' })
    const fine = (args: string) => call('other', { args })
    expect(hits([failed('1'), fine('1'), failed('2')])).toEqual(['repeated_errors'])
    expect(hits([failed('1'), fine('1'), fine('2'), fine('3'), fine('4'), failed('2')])).toEqual([])
  })
})

describe('no new facts', () => {
  it('is calls that tell what was known, one after the other', () => {
    expect(hits([call('a'), call('b'), call('c'), call('a'), call('b')])).toEqual(['no_new_facts'])
    expect(hits([call('a'), call('b'), call('a'), call('d'), call('b')])).toEqual([])
  })

  it('counts the same call side by side as one look', () => {
    expect(hits([call('a'), call('a')])).toEqual([])
  })
})

describe('replies', () => {
  it('that are nearly the same are a signal at the third', () => {
    const sorry = (order: string) =>
      reply(`I am so very sorry for the trouble that you have had with us today, order ${order}`)
    expect(hits([sorry('1'), reply('Let me look at it now then'), sorry('1'), sorry('2')])).toEqual([
      'near_identical_replies',
    ])
    expect(hits([sorry('1'), sorry('2')])).toEqual([])
  })

  it('with a call are no repetition: the call may be another', () => {
    const said = () => reply('Let me look at the next one of these', null, 1)
    expect(hits([said(), said(), said(), said()])).toEqual([])
  })

  it('of no words are no replies', () => {
    expect(hits([reply(''), reply(''), reply(''), reply('ok'), reply('ok'), reply('ok')])).toEqual([])
  })
})

describe('attempts that rise', () => {
  it('are a signal when three calls in a row need more and more', () => {
    const needing = (attempts: number, i: number) => call(`t${i}`, { attempts })
    expect(hits([1, 2, 3].map(needing))).toEqual(['attempts_rising'])
    expect(hits([1, 3, 2, 3].map(needing))).toEqual([])
  })
})

describe('confidence that falls', () => {
  const estimates = (all: readonly number[]) =>
    all.map((confidence, i): Happened => ({ kind: 'estimate', step: `confidence#${i + 1}`, confidence }))

  it('is a signal when three in a row go down by much, and then begins anew', () => {
    expect(hits(estimates([0.9, 0.8, 0.6]))).toEqual(['confidence_falling'])
    expect(hits(estimates([0.9, 0.6, 0.6, 0.5, 0.5]))).toEqual(['confidence_falling'])
    expect(hits(estimates([0.9, 0.8, 0.7]))).toEqual([])
    expect(hits(estimates([0.9, 0.5, 0.6, 0.5]))).toEqual([])
    expect(hits(estimates([0.9, 0.5]))).toEqual([])
  })
})

describe('a prompt that grows', () => {
  const sizes = (all: readonly (number | null)[]) => all.map((tokens, i) => reply(`word${i} b${i} c${i} d${i}`, tokens))

  it('is a signal when it grows by much from call to call', () => {
    expect(hits(sizes([1_000, 4_000, 6_000, 8_000, 9_500]))).toEqual(['context_slope'])
    expect(hits(sizes([1_000, 1_500, 2_000, 2_500, 3_000]))).toEqual([])
    expect(hits(sizes([1_000, null, 40_000, null, 80_000]))).toEqual([])
  })
})

describe('a claim', () => {
  it.each([
    'I refunded you.',
    "We've just issued a refund of $20.",
    'Your order has been refunded.',
    'I have successfully sent the email.',
  ])('without its effect is a signal: %s', (text) => {
    expect(hits([outcome(text)])).toEqual(['unconfirmed_claim'])
  })

  it.each([
    'The order was refunded already.',
    'It has been refunded already.',
    'I could not refund you.',
    'You refunded it.',
    'A refund has not been issued.',
    'I will refund you.',
    '',
  ])('is not made by: %s', (text) => {
    expect(hits([outcome(text)])).toEqual([])
  })

  it('is none once an effect of that kind is confirmed', () => {
    const paid = call('issue_refund', { write: true })
    const failed = call('issue_refund', { write: true, ok: false, result: 'declined' })
    expect(hits([paid, outcome('I refunded you.')])).toEqual([])
    expect(hits([failed, outcome('I refunded you.')])).toEqual(['unconfirmed_claim'])
    expect(hits([paid, outcome('I sent you an email.')])).toEqual(['unconfirmed_claim'])
  })

  it('in passing is told once, in an outcome each time', () => {
    const said = reply('I refunded you just a moment ago')
    expect(hits([said, said, outcome('I refunded you.'), outcome('I refunded you.')])).toEqual([
      'unconfirmed_claim',
      'unconfirmed_claim',
      'unconfirmed_claim',
    ])
  })

  it('knows the pasts of verbs, and takes no tool for a pattern', () => {
    expect(hits([outcome('I cancelled it.')], ['cancelOrder'])).toEqual(['unconfirmed_claim'])
    expect(hits([outcome('I paid it.')], ['pay'])).toEqual(['unconfirmed_claim'])
    expect(hits([outcome('I replied.')], ['reply_to'])).toEqual(['unconfirmed_claim'])
    expect(hits([outcome('I did it.')], ['x', '(', ''])).toEqual([])
  })
})

describe('all signals', () => {
  const anything: fc.Arbitrary<Happened> = fc.oneof(
    fc.record({
      kind: fc.constant('call' as const),
      step: fc.string(),
      tool: fc.constantFrom('a', 'b', 'issue_refund'),
      args: fc.constantFrom('1', '2'),
      result: fc.constantFrom('x', 'y'),
      write: fc.boolean(),
      ok: fc.boolean(),
      attempts: fc.nat(4),
    }),
    fc.record({
      kind: fc.constantFrom('reply' as const, 'outcome' as const),
      step: fc.string(),
      text: fc.string(),
      calls: fc.nat(1),
      contextTokens: fc.option(fc.nat(50_000)),
    }),
  )

  it('are a function of what happened, and name what is there', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), (happened) => {
        const told = () => {
          const watch = new SignalWatch(['issue_refund'])
          return happened.map((one) => watch.see(one))
        }
        const steps = new Set(happened.map(({ step }) => step))
        expect(told()).toEqual(told())
        for (const hit of told().flat()) {
          expect(SIGNALS).toContain(hit.signal)
          expect(hit.steps.every((step) => steps.has(step))).toBe(true)
          expect(hit.say).not.toBe('')
        }
      }),
    )
  })
})
