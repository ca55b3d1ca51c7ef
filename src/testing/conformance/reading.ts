import { expect } from 'vitest'
import { bodyDigest, chainHash, headerOf } from '../../core/chain.js'
import { sha256 } from '../../core/digest.js'
import { factsOf } from '../../core/facts.js'
import { clause } from './clause.js'
import { effect, ownCharge, question } from './hand.js'
import type { Scene } from './scene.js'

/** A run with entries of many kinds. */
async function manyEntries(s: Scene) {
  const hand = await s.held()
  const ref = await hand.mustDoubt({ effect: effect('ké\u2028y"'), locks: ['l'], charges: [ownCharge(3, 9)] })
  await hand.must(hand.note({ count: { steps: 1 }, body: '{"say":"\\u0000 é 😀"}' }))
  await hand.must(hand.settle(ref, { saw: { attempt: 1, evidence: 0 }, used: [4] }))
  await hand.must(hand.park({ escalations: [question(`${hand.runId}-q`)], dueInMs: 1 }))
  await s.advance(1)
  const again = await s.claim(await s.worker(), hand.runId)
  await again.must(again.end())
  return again.runId
}

async function expectChain(s: Scene, runId: string) {
  let before = ''
  for (const [index, entry] of (await s.ledger.journal({ runId })).entries()) {
    expect(entry.seq).toBe(index + 1)
    if (entry.body !== null) expect(entry.digest).toBe(bodyDigest(entry.salt, entry.body))
    expect(factsOf(entry.factsText)).toEqual(entry.facts)
    before = chainHash(before, headerOf(entry), entry.digest)
    expect(entry.hash).toBe(before)
  }
  expect(await s.run(runId)).toMatchObject({ headHash: before })
}

export const journals = [
  clause(
    'a journal is numbered without a gap, and each hash covers header, body digest and the hash before',
    async (s) => {
      const runId = await manyEntries(s)
      await expectChain(s, runId)
      const kinds = (await s.ledger.journal({ runId })).map((entry) => entry.kind)
      expect(kinds).toEqual(['admit', 'claim', 'begin', 'doubt', 'note', 'settle', 'park', 'claim', 'end'])
    },
  ),

  // Long journals are read in pages.
  clause('a journal is read from where and as far as one asks', async (s) => {
    const runId = await manyEntries(s)
    const seqs = async (p: object) => (await s.ledger.journal({ runId, ...p })).map((entry) => entry.seq)
    expect(await seqs({ from: 3, limit: 2 })).toEqual([3, 4])
    expect(await seqs({ from: 9 })).toEqual([9])
    expect(await seqs({ limit: 1 })).toEqual([1])
    expect(await s.ledger.journal({ runId: s.admission().runId })).toEqual([])
  }),

  // They are hashed as text: one changed character breaks the chain.
  clause('bodies come back as they were sent, character by character', async (s) => {
    const runId = await manyEntries(s)
    expect((await s.ledger.journal({ runId, from: 5, limit: 1 }))[0]?.body).toBe('{"say":"\\u0000 é 😀"}')
  }),

  // A person's right to be forgotten, and the proof that nothing else was.
  clause('the bodies of an ended run can be erased and its chain still verifies', async (s) => {
    const runId = await manyEntries(s)
    const going = await s.held()
    expect(await s.ledger.erase({ runId: going.runId })).toEqual({ erased: 0 })
    expect(await s.ledger.erase({ runId })).toEqual({ erased: 9 })
    expect(await s.ledger.erase({ runId })).toEqual({ erased: 0 })
    expect((await s.ledger.journal({ runId })).every(({ body, salt }) => body === null && salt === '')).toBe(true)
    await expectChain(s, runId)
  }),
  clause('with them go receipts, mail, and what people were shown and said', async (s) => {
    const stale = await s.held()
    const ref = await stale.must(stale.begin({ effect: effect('k') }))
    const hand = await s.takenOver(stale)
    await hand.must(hand.doubt(ref))
    const id = `${s.tenant}-q`
    await hand.must(hand.park({ dueInMs: 0, escalations: [question(id, { kind: 'doubt', show: '{"card":"4111"}' })] }))
    await s.ledger.answer({ id, decision: 'happened', by: 'ann', note: 'I saw it', result: '{"no":7}' })
    await stale.put(stale.settle(ref, { body: '{"final":"4111"}' }))
    const last = await s.claim(await s.worker(), hand.runId)
    await last.must(last.end({ mailSeen: 2, dueAt: (await s.ledger.now()) + 1_000 }))
    // A doubt that is open must still be looked at with what is known of it.
    expect(await s.ledger.erase({ runId: hand.runId })).toEqual({ erased: 0 })
    await s.advance(1_000)
    const again = await s.claim(await s.worker(), hand.runId)
    await again.must(again.settle(ref, { saw: { attempt: 1, evidence: 1 } }))
    await again.must(again.audit())
    expect(await s.ledger.erase({ runId: hand.runId })).toEqual({ erased: again.head + 4 })
    expect(await s.ledger.erase({ runId: hand.runId })).toEqual({ erased: 0 })
    const words = [
      ...(await s.ledger.mail({ runId: hand.runId, after: 0 })),
      ...(await s.ledger.evidence({ runId: hand.runId })),
    ]
    expect(words.map(({ body }) => body)).toEqual(['{}', '{}', '{}'])
    const [asked] = await s.ledger.escalations({ id })
    expect(asked).toMatchObject({ state: 'answered', by: 'ann', show: '{}', note: null, result: null })
    expect((await s.ledger.evidence({ runId: hand.runId }))[0]).toMatchObject({ ref, did: 'performed' })
    await expectChain(s, hand.runId)
  }),
]

export const reading = [
  // What `ps` shows.
  clause('runs are found by tenant, agent, session and state, newest first', async (s) => {
    const ids = [await s.admit({ session: 'a' })]
    await s.advance(1)
    ids.push(await s.admit({ agent: `${s.agent}-2` }))
    const found = async (p: object) => (await s.ledger.runs({ tenant: s.tenant, ...p })).map((run) => run.runId)
    expect(await found({})).toEqual([ids[1], ids[0]])
    expect(await found({ limit: 1 })).toEqual([ids[1]])
    expect(await found({ session: 'a' })).toEqual([ids[0]])
    expect(await found({ agent: `${s.agent}-2` })).toEqual([ids[1]])
    expect(await found({ states: ['running'] })).toEqual([])
    expect(await found({ states: ['running', 'queued'] })).toHaveLength(2)
    expect(await found({ tenants: [] })).toEqual([])
    expect(await found({ tenants: ['nobody', s.tenant] })).toHaveLength(2)
    expect(await found({ outcomes: ['completed'] })).toEqual([])
    const hand = await s.claim(await s.worker(), ids[0] ?? '')
    await hand.must(hand.end())
    expect(await found({ outcomes: ['killed', 'completed'] })).toEqual([ids[0]])
  }),

  // A worker whose claim was answered by a cut connection asks what it holds; an ended run with a doubt may be among it.
  clause('runs are found by the worker that holds them, reconciled ones too', async (s) => {
    const [workerId, other] = [await s.worker(), await s.worker()]
    const [first, second] = [await s.claim(workerId, await s.admit()), await s.claim(workerId, await s.admit())]
    const third = await s.claim(other, await s.admit())
    await s.admit()
    const found = async (id: number) => (await s.ledger.runs({ workerId: id, after: '' })).map((run) => run.runId)
    expect(await found(workerId)).toEqual([first.runId, second.runId].sort())
    expect(await found(other)).toEqual([third.runId])
    await first.mustDoubt({})
    await first.must(first.end())
    await second.must(second.park({ dueInMs: 1_000 }))
    expect(await found(workerId)).toEqual([])
    await s.claim(workerId, first.runId)
    expect(await found(workerId)).toEqual([first.runId])
    expect(await s.ledger.runs({ workerId, states: ['running'] })).toEqual([])
  }),

  // A verifier walks through all of them while new ones come.
  clause('all runs can be paged through by id', async (s) => {
    const ids = [await s.admit(), await s.admit(), await s.admit()].sort()
    const first = await s.ledger.runs({ tenant: s.tenant, after: '', limit: 2 })
    expect(first.map((run) => run.runId)).toEqual(ids.slice(0, 2))
    const rest = await s.ledger.runs({ tenant: s.tenant, after: ids[1] ?? '', limit: 2 })
    expect(rest.map((run) => run.runId)).toEqual(ids.slice(2))
    const last = await s.ledger.runs({ tenant: s.tenant, before: '', limit: 2 })
    expect(last.map((run) => run.runId)).toEqual([ids[2], ids[1]])
    const earlier = await s.ledger.runs({ tenant: s.tenant, before: ids[1] ?? '', limit: 2 })
    expect(earlier.map((run) => run.runId)).toEqual([ids[0]])
  }),

  // An absent row is no fault.
  clause('what is not there is null or empty', async (s) => {
    const { runId } = s.admission()
    expect(await s.ledger.run({ runId })).toBeNull()
    expect(await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })).toBeNull()
    expect(await s.ledger.mail({ runId, after: 0 })).toEqual([])
    expect(await s.ledger.evidence({ runId })).toEqual([])
    expect(await s.ledger.escalations({ runId })).toEqual([])
    expect(await s.ledger.switchedRun({ runId })).toBeNull()
    expect(await s.ledger.meters({ scope: `tenant:${s.tenant}` })).toEqual([])
  }),

  // Bodies name it by digest; another tenant's digest opens nothing.
  clause('a large part is stored once per tenant by its digest', async (s) => {
    const text = 'é'.repeat(10_000)
    const { digest } = await s.ledger.putBlob({ tenant: s.tenant, text })
    expect(digest).toBe(sha256(text))
    expect(await s.ledger.putBlob({ tenant: s.tenant, text })).toEqual({ digest })
    expect(await s.ledger.blob({ tenant: s.tenant, digest })).toBe(text)
    expect(await s.ledger.blob({ tenant: `${s.tenant}-2`, digest })).toBeNull()
  }),

  // With another secret no key would be found again.
  clause('the secret of the effect keys stays the same', async (s) => {
    expect(await s.ledger.secret()).not.toBe('')
    expect(await s.ledger.secret()).toBe(await s.ledger.secret())
  }),
]

export const waking = [
  // Polling is the net, not the way.
  clause('listeners hear of runs that became due, of ends, switches and notices', async (s) => {
    const heard = await s.listen()
    const runId = await s.admit()
    await heard('due', s.queue)
    const hand = await s.claim(await s.worker(), runId)
    await hand.must(hand.end())
    await heard('ended', runId)
    await s.ledger.engage({ scope: `run:${runId}`, mode: 'hold', by: 'ann' })
    await heard('switch', `run:${runId}`)
    const told = await s.ledger.notices({ limit: 10_000, retryAfterMs: 0 })
    const { id } = told.find((one) => one.body.includes(runId)) ?? {}
    await heard('notice', id ?? 'none')
  }),

  // An approval should not wait for the next poll.
  clause('a listener hears of a run that is woken or answered', async (s) => {
    const hand = await s.held()
    await hand.must(hand.park({ escalations: [question(`${hand.runId}-q`)] }))
    const heard = await s.listen()
    await s.ledger.answer({ id: `${hand.runId}-q`, decision: 'approve', by: 'ann' })
    await heard('due', s.queue)
  }),
]
