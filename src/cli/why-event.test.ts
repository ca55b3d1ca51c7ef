import { describe, expect, it } from 'vitest'
import type { Entry, EntryFacts, StampedCharge } from '../core/entries.js'
import type { RunRow } from '../core/run-row.js'
import { storyOf } from '../runtime/story.js'
import { whyText } from './why-text.js'

const AT = Date.UTC(2026, 0, 31, 2)
const run = {
  ...{
    runId: 'r1',
    tenant: 'acme',
    agent: 'desk',
    version: 1,
    fingerprint: 'f',
    queue: 'default',
    priority: 'normal',
    key: null,
  },
  ...{ session: null, sessionNo: null, principal: null, origin: 'r0', state: 'ended', waits: null },
  ...{ parent: null, groupNo: null, ancestors: [], depth: 0, above: [] },
  ...{ continues: null, continuedAs: null, first: 'r1' },
  ...{ outcome: 'completed', detail: '', owner: null, workerId: null, fence: 1, headSeq: 9, headHash: '', dueAt: null },
  ...{ deadlineAt: AT + 1, mailHead: 0, mailSeen: 0, claims: 0, open: [], meters: {}, createdAt: AT, endedAt: AT + 5 },
  ...{ workedBy: null, gap: null, prunedAt: null, proof: null, unsure: null },
} as const satisfies RunRow

type Part = { kind: Entry['kind']; ref?: number; facts?: EntryFacts; body?: unknown }

/** The story of a journal with these entries, on one line. */
function why(...parts: readonly Part[]): string {
  const entries = parts.map(
    ({ kind, ref, facts, body }, i): Entry => ({
      ...{ runId: 'r1', seq: i + 1, kind, fence: 1, at: AT + i, epoch: 0, ref: ref ?? null, facts: facts ?? {} },
      ...{ factsText: '', body: JSON.stringify(body ?? {}), salt: '', digest: '', hash: '' },
    }),
  )
  return whyText(storyOf(run, entries), [], AT).replace(/\s+/g, ' ')
}

const charge = (over: Partial<StampedCharge>): StampedCharge => ({
  ...{ at: 'run', scope: '', meter: 'refund_usd', kind: 'sum', per: 'total', amount: 5_000_000, limit: 9_000_000 },
  ...{ window: -1, usedAfter: 0, reservedAfter: 5_000_000 },
  ...over,
})
const begin = (facts: EntryFacts = {}): Part => ({
  kind: 'begin',
  facts: { step: 'refund#1', attempt: 1, tool: 'refund', charges: [charge({})], ...facts },
  body: { sort: 'tool', name: 'refund', args: '', input: { id: 7 } },
})
const note = (about: string, detail: unknown): Part => ({ kind: 'note', body: { about, step: 'refund#1', detail } })
const claim = (worker: string, claims = 1): Part => ({ kind: 'claim', facts: { worker, claims } })

describe('the sentences of a night', () => {
  it('a worker that died: who took over, and that the call was in doubt', () => {
    const text = why(claim('a'), begin(), claim('b', 2), {
      kind: 'doubt',
      ref: 2,
      body: { step: 'refund#1', why: 'lost' },
    })
    expect(text).toContain('a took it up.')
    expect(text).toContain('b took it up, for the 2nd time without progress')
    expect(text).toContain('The answer was lost (its worker died). It may have acted')
  })

  it('an estimate: the number, the bar, who was asked and what it cost', () => {
    const found = { of: 'refund', confidence: 1 / 3, below: 0.7, samples: 4, agreed: 1, why: null }
    const cost = { model: 'scripted/large', usdMicros: 400 }
    expect(why(note('confidence', { ...found, ...cost }))).toContain(
      '0.33 that refund is right, below the bar of 0.7: 1 of 3 other answers agreed (scripted/large, $0.0004).',
    )
    const verified = { ...found, ...cost, of: 'outcome', confidence: 0.9, samples: null, agreed: null, why: 'It fits.' }
    expect(why(note('confidence', verified))).toContain(
      '0.9 that the outcome is right, not below the bar of 0.7: “It fits.”',
    )
    expect(why(note('confidence', { of: 'outcome', decision: 'approve', by: 'ann' }))).toContain('ann accepted it.')
  })

  it('an undo: what it took back, and that it may be done again', () => {
    const undid = { tool: 'refund', key: 'k', attempt: 1 }
    const settled: Part = { kind: 'settle', ref: 1, facts: { did: 'performed', used: [0], undid } }
    const again = 'refund is taken back: the same may be done once more.'
    expect(why(begin({ tool: 'void' }), settled)).toContain(again)
    expect(why(begin({ tool: 'void' }), { ...settled, body: { source: 'person:fay' } })).toContain(again)
    expect(why(begin(), { kind: 'settle', ref: 1, facts: { did: 'performed', used: [0] } })).not.toContain('taken back')
  })

  it('a receipt that came late, and more used than was set aside', () => {
    const settle: Part = {
      kind: 'settle',
      ref: 1,
      facts: { did: 'performed', used: [6_000_000], overrun: true },
      body: { source: 'evidence' },
    }
    expect(why(begin(), settle)).toContain(
      'A receipt that came late showed that it had happened. It used more than was set aside',
    )
  })

  it('a call that was sent again under its key', () => {
    expect(why(begin(), begin({ supersedes: 1, attempt: 2 }))).toContain(
      'Sent again under the same key, which cannot act twice: attempt 2 began; set aside at most $5.00 of refund_usd.',
    )
  })

  it.each([
    [
      'busy',
      { lock: 'order:7', holder: { runId: 'a-b-c-d-0123456789ab', seq: 4 } },
      'waited for the lock order:7, held by run',
    ],
    ['stage', { from: 'look', to: 'pay', used: {} }, 'went on from stage look to pay'],
    ['repeated', { tool: 'refund', of: { runId: 'r0', seq: 4 } }, 'done before, by run r0: its first result stands'],
    ['expired', { by: 'manager' }, 'Nobody answered in time; manager was asked last.'],
    ['checked', { ref: 1 }, 'could not say yet; it was asked again'],
    ['answered', { by: 'fay', decision: 'approve', note: 'ok' }, 'fay approved exactly this call: “ok”.'],
    [
      'escalated',
      { id: 'e', kind: 'approval', show: { question: 'Again?' } },
      'A person was asked “Again?”: somebody (e).',
    ],
    ['sleeping', { until: AT }, 'It slept until 2026-01-31T02:00:00.000Z.'],
    [
      'breach',
      { ...charge({ scope: 'fleet', per: 'day' }), used: 8_000_000, reserved: 0, by: 'ops', decision: 'deny' },
      'ceiling of $9.00 on refund_usd per day for fleet: $8.00 used, $0.00 set aside, $5.00 more asked for. ops gave no more room.',
    ],
  ])('%s', (about, detail, sentence) => {
    expect(why(note(about, detail))).toContain(sentence)
  })

  it.each([
    ['switch:fleet', 'It was held by the kill switch on fleet.'],
    ['window:usd', 'It waited for the next window of usd.'],
  ])('a wait for %s', (waits, sentence) => {
    expect(why({ kind: 'park', body: { waits } })).toContain(sentence)
  })

  it('a run that was worked alone after workers had died over it', () => {
    const text = why(claim('a'), claim('b', 2), { kind: 'note', body: { about: 'alone' } })
    expect(text).toContain('it was worked alone, to see whether it was the cause.')
  })

  it('code that changed under a run, a later look at doubts, and the lineage', () => {
    const mismatch: Part = { kind: 'note', body: { about: 'mismatch', detail: { expected: 'refund#1' } } }
    const text = why(mismatch, { kind: 'audit' })
    expect(text).toContain('no longer asked for what the journal holds (expected refund#1)')
    expect(text).toContain('what was still in doubt was looked at again')
    expect(text).toContain('It does the work of run r0 again.')
  })

  it.each([
    [
      { about: 'outage', detail: { cause: 'breaker_open', breaker: 'tool:find', stands: 'isolated', until: null } },
      'The breaker tool:find was isolated: it was not called then.',
    ],
    [
      { about: 'outage', detail: { cause: 'retry_budget', breaker: 'tool:find', calls: 12, retries: 5, allowed: 5 } },
      'The retries of tool:find were used up, 5 of 5 among 12 calls: it was not tried again at once.',
    ],
    [
      { about: 'fallback', detail: { from: 0, to: 1, model: 'openai/small', cause: 'breaker_open' } },
      'openai/small was asked in its place: the breaker of the one before was not closed.',
    ],
    [
      { about: 'fallback', detail: { from: 0, to: 1, model: 'openai/small', cause: 'rate_limit' } },
      'openai/small was asked in its place: rate limit.',
    ],
    [{ about: 'fallback', detail: { from: 1, to: 0, model: 'a/b', cause: 'waited' } }, 'It began again with a/b.'],
  ])('what could not be called: %j', (note, sentence) => {
    expect(why({ kind: 'note', body: { step: 'find#1', ...note } })).toContain(sentence)
  })

  it.each([
    [{ status: 'handed_over', to: 'finance', note: 'hard' }, 'handed over to finance: “hard”'],
    [
      { status: 'exhausted', meter: 'active', used: 61_030, limit: 120_000 },
      'exhausted: 1m1.03s of 2m on active left no room',
    ],
    [
      { status: 'exhausted', meter: 'usd', used: 250_000, limit: 250_000 },
      'exhausted: $0.25 of $0.25 on usd left no room',
    ],
    [
      { status: 'failed', code: 'crash_loop', owner: 'orchestration', message: 'It crashes.' },
      'failed, crash_loop (orchestration): It crashes.',
    ],
    // Of a journal that was written before failures named their owner.
    [{ status: 'failed', code: 'model_timeout' }, 'failed, model_timeout (provider)'],
    [{ status: 'killed', scope: 'fleet', by: 'ann' }, 'killed by ann, through the switch on fleet.'],
  ])('an end: %j', (outcome, sentence) => {
    expect(why({ kind: 'end', body: { outcome } })).toContain(sentence)
  })
})
