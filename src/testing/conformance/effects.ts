import { expect } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import { clause } from './clause.js'
import { effect } from './hand.js'

export const effects = [
  // The row is taken in the begin's own transaction: intent first.
  clause('a begin takes its effect key: under way, first attempt', async (s) => {
    const hand = await s.held()
    const { actsUntil } = await hand.put(hand.begin({ effect: effect('k') }))
    const row = await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
    expect(row).toEqual({
      ...{ tenant: s.tenant, tool: 'tool', key: 'k', args: 'args', state: 'under_way' },
      ...{ attempt: 1, evidence: 0, runId: hand.runId, seq: hand.head, actsUntil, undone: 0, acted: null },
    })
    expect(await s.ledger.effects({ runId: hand.runId, state: 'under_way' })).toEqual([row])
    expect(await s.ledger.effects({ runId: hand.runId, state: 'doubt' })).toEqual([])
  }),

  // Two runs, one order: the second waits for the first.
  clause('a key that is under way is nobody else’s, and the answer says whose', async (s) => {
    const hand = await s.held()
    const { actsUntil } = await hand.put(hand.begin({ effect: effect('k') }))
    const other = await s.held()
    expect(await other.put(other.begin({ effect: effect('k') }))).toMatchObject({
      ...{ code: 'under_way', actsUntil, attempt: 1, evidence: 0 },
      holder: { runId: hand.runId, seq: hand.head },
    })
  }),

  // Answers carry no payloads: the first result is read from the settle that is named.
  clause('a confirmed key stays confirmed, and the answer names the settle with its result', async (s) => {
    const hand = await s.held()
    const seq = await hand.must(hand.settle(await hand.must(hand.begin({ effect: effect('k') }))))
    const other = await s.held()
    expect(await other.put(other.begin({ effect: effect('k') }))).toMatchObject({
      ...{ code: 'performed', holder: { runId: hand.runId, seq } },
    })
  }),

  // A second refund of another amount is not the first one.
  clause('the same key with other arguments is a conflict, whatever became of it', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ effect: effect('k') }))
    const other = await s.held()
    const clash = other.begin({ effect: effect('k', { args: 'others' }) })
    expect(await other.put(clash)).toMatchObject({ code: 'key_conflict', holder: { runId: hand.runId, seq: ref } })
    await hand.must(hand.settle(ref))
    expect(await other.put(clash)).toMatchObject({ code: 'key_conflict' })
  }),

  // A declined card must not stop the next try.
  clause('what was not performed frees the key, for other arguments too', async (s) => {
    const hand = await s.held()
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: effect('k') })), { did: 'not_performed' }))
    const other = await s.held()
    const answer = await other.put(other.begin({ effect: effect('k', { args: 'others' }) }))
    expect(answer).toMatchObject({ code: 'ok', attempt: 2 })
  }),

  // Order 7 of one tenant is not order 7 of another.
  clause('a key belongs to its tenant and tool', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ effect: effect('k') }))
    await hand.must(hand.begin({ effect: effect('k', { tool: 'other' }) }))
    const stranger = await s.held({ tenant: `${s.tenant}-2` })
    await stranger.must(stranger.begin({ effect: effect('k') }))
  }),

  // Whoever was about to send again decided on something that is no longer so.
  clause('a begin that saw a doubt finds none: moved', async (s) => {
    const hand = await s.held()
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 } })
    expect(await hand.put(hand.begin({ effect: claim }))).toMatchObject({ code: 'moved' })
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: effect('k') })), { did: 'not_performed' }))
    expect(await hand.put(hand.begin({ effect: claim }))).toMatchObject({ code: 'moved' })
  }),
]

const LATE = 1_000 + LIMITS.grace_ms

export const doubts = [
  // The attempt may have acted: nothing may look as if it had not.
  clause('a doubt keeps the begin open and the key taken', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({ effect: effect('k') })
    expect((await s.run(hand.runId)).open).toEqual([ref])
    expect(await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })).toMatchObject({ state: 'doubt' })
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry).toMatchObject({ kind: 'doubt', ref, facts: {} })
    const other = await s.held()
    expect(await other.put(other.begin({ effect: effect('k') }))).toMatchObject({ code: 'in_doubt', attempt: 1 })
  }),

  // What is settled is known.
  clause('only an open begin can be doubted, and once', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({})
    expect(await hand.put(hand.doubt(ref))).toMatchObject({ code: 'not_open' })
    expect(await hand.put(hand.doubt(1))).toMatchObject({ code: 'not_open' })
    await hand.must(hand.settle(ref, { did: 'failed' }))
    expect(await hand.put(hand.doubt(ref))).toMatchObject({ code: 'not_open' })
  }),

  // Until then the first attempt may still reach the other side.
  clause('the owner sends again, after the first attempt can no longer act', async (s) => {
    const hand = await s.held()
    const supersedes = await hand.mustDoubt({ effect: effect('k') })
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 } })
    await s.advance(LATE - 1)
    expect(await hand.put(hand.begin({ effect: claim, supersedes }))).toMatchObject({ code: 'in_doubt' })
    await s.advance(1)
    expect(await hand.put(hand.begin({ effect: claim, supersedes }))).toMatchObject({ code: 'ok', attempt: 2 })
    expect((await s.run(hand.runId)).open).toEqual([hand.head])
  }),

  // A tool whose provider knows the key may say so.
  clause('where concurrent sends are safe it may be sent again early, and the entry says so', async (s) => {
    const hand = await s.held()
    const supersedes = await hand.mustDoubt({ effect: effect('k') })
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 }, resend: 'early' })
    await hand.must(hand.begin({ effect: claim, supersedes }))
    const { facts } = (await s.ledger.journal({ runId: hand.runId })).at(-1) ?? {}
    expect(facts).toMatchObject({ supersedes, effect: { attempt: 2, resend: 'early' } })
  }),

  // Two that both check and both hear "it did not" would both send.
  clause('a doubt that moved since it was seen is not taken over', async (s) => {
    const hand = await s.held()
    const supersedes = await hand.mustDoubt({ effect: effect('k') })
    await s.advance(LATE)
    const claim = effect('k', { saw: { attempt: 2, evidence: 0 } })
    expect(await hand.put(hand.begin({ effect: claim, supersedes }))).toMatchObject({ code: 'moved', attempt: 1 })
    const unseen = effect('k', { saw: { attempt: 1, evidence: 1 } })
    expect(await hand.put(hand.begin({ effect: unseen, supersedes }))).toMatchObject({ code: 'moved', evidence: 0 })
    const blind = hand.begin({ effect: effect('k'), supersedes })
    expect(await hand.put(blind)).toMatchObject({ code: 'in_doubt' })
  }),

  // The first begin would stay open for good, with its reservation and locks.
  clause('the owner must name its own doubt to send again', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({ effect: effect('k') })
    const elsewhere = await hand.mustDoubt({ effect: effect('k2') })
    await s.advance(LATE)
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 } })
    expect(await hand.put(hand.begin({ effect: claim }))).toMatchObject({ code: 'in_doubt' })
    expect(await hand.put(hand.begin({ effect: claim, supersedes: elsewhere }))).toMatchObject({ code: 'not_open' })
    expect(await hand.put(hand.begin({ supersedes: ref }))).toMatchObject({ code: 'not_open' })
  }),

  // Its answer may still come.
  clause('a begin that is not in doubt cannot be superseded', async (s) => {
    const hand = await s.held()
    const supersedes = await hand.must(hand.begin({ effect: effect('k') }))
    expect(await hand.put(hand.begin({ effect: effect('k'), supersedes }))).toMatchObject({ code: 'not_open' })
  }),

  // Otherwise two runs would resolve it in two ways; and with the owner gone nobody would.
  clause('one run owns a doubt; when it has ended, whoever comes first adopts it', async (s) => {
    const owner = await s.held()
    const ref = await owner.mustDoubt({ effect: effect('k') })
    const other = await s.held()
    await s.advance(LATE)
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 } })
    expect(await other.put(other.begin({ effect: claim }))).toMatchObject({
      ...{ code: 'in_doubt', holder: { runId: owner.runId, seq: ref } },
    })
    await owner.must(owner.end())
    expect(await other.put(other.begin({ effect: claim }))).toMatchObject({ code: 'ok', attempt: 2 })
    const row = await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
    expect(row).toMatchObject({ state: 'under_way', runId: other.runId, seq: other.head })
  }),

  // Its own begin must still be closed; the key is another's by now.
  clause('who lost a doubt to another run settles its begin without touching the key', async (s) => {
    const owner = await s.held()
    const ref = await owner.mustDoubt({ effect: effect('k') })
    await owner.must(owner.end())
    const other = await s.held()
    await s.advance(LATE)
    await other.must(other.begin({ effect: effect('k', { saw: { attempt: 1, evidence: 0 } }) }))
    const again = await s.claim(await s.worker(), owner.runId)
    await again.must(again.settle(ref, { did: 'failed' }))
    const row = await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
    expect(row).toMatchObject({ state: 'under_way', runId: other.runId, attempt: 2 })
  }),
]
