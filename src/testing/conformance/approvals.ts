import { expect } from 'vitest'
import { sha256 } from '../../core/digest.js'
import type { Decision } from '../../core/escalation.js'
import type { BeginOp, NewEscalation } from '../../core/ops.js'
import { clause } from './clause.js'
import { effect, type Hand, question } from './hand.js'
import type { Scene } from './scene.js'

interface Said {
  readonly by?: string
  readonly decision?: Decision
  readonly result?: string
}

/** A run in somebody's hands whose question was answered by those who are named, in their order. */
async function answered(s: Scene, says: readonly Said[], wish: Partial<NewEscalation> = {}) {
  const hand = await s.held()
  const id = `${hand.runId}-a`
  await hand.must(hand.note({ escalations: [question(id, wish)] }))
  for (const { by = 'ann', decision = 'approve', ...more } of says) await s.ledger.answer({ id, decision, by, ...more })
  const row = async () => (await s.ledger.escalations({ id }))[0]
  return { hand, id, row }
}

/** An effect of its own for each run. */
const claim = ({ runId }: Hand, args = 'args') => effect(`k-${runId}`, { args })

const under = (hand: Hand, id: string, wish: Partial<BeginOp> = {}) =>
  hand.begin({ step: 'pay#1', effect: claim(hand), approval: { id, args: 'args' }, ...wish })

const refused = async (hand: Hand, op: BeginOp) => expect(await hand.put(op)).toMatchObject({ code: 'unapproved' })

/** What was allowed is done once, and nothing else is. */
export const approvals = [
  clause('what a person allowed is begun, and the journal says by which answer', async (s) => {
    const { hand, id, row } = await answered(s, [{}])
    const ref = await hand.must(under(hand, id))
    const [begun] = await s.ledger.journal({ runId: hand.runId, from: ref })
    expect(begun?.facts).toMatchObject({ step: 'pay#1', approval: id })
    expect(await row()).toMatchObject({ usedBy: 'pay#1', version: 1 })
  }),

  // A second refund under one yes is a refund that nobody allowed.
  clause('an approval is used by one step, and by each of its attempts', async (s) => {
    const { hand, id, row } = await answered(s, [{}])
    const ref = await hand.must(under(hand, id))
    await refused(hand, under(hand, id, { step: 'pay#2', effect: effect('other') }))
    await hand.must(hand.settle(ref, { did: 'not_performed' }))
    await refused(hand, under(hand, id, { step: 'pay#2', effect: effect('other') }))
    await hand.must(under(hand, id, { attempt: 2 }))
    expect(await row()).toMatchObject({ usedBy: 'pay#1' })
  }),

  clause('a begin that was refused for something else has used nothing', async (s) => {
    const { hand, id, row } = await answered(s, [{}])
    await s.ledger.engage({ scope: 'tool:tool', mode: 'hold', by: 'operator' })
    expect(await hand.put(under(hand, id))).toMatchObject({ code: 'switched' })
    expect(await row()).toMatchObject({ usedBy: null })
  }),

  clause('an approval is for the arguments that were shown', async (s) => {
    const { hand, id } = await answered(s, [{}])
    const other = { id, args: 'others' }
    await refused(hand, under(hand, id, { approval: other }))
    await refused(hand, under(hand, id, { approval: other, effect: claim(hand, 'others') }))
    await refused(hand, under(hand, id, { effect: claim(hand, 'others') }))
    await hand.must(under(hand, id))
  }),

  clause('of arguments that a person gave it is for those, and not for what was shown', async (s) => {
    const result = '{"amount":1}'
    const { hand, id } = await answered(s, [{ result }])
    await refused(hand, under(hand, id))
    const args = sha256(result)
    await hand.must(under(hand, id, { approval: { id, args }, effect: claim(hand, args) }))
  }),

  clause('an approval is for its tool and its run', async (s) => {
    const { hand, id } = await answered(s, [{}])
    await refused(hand, under(hand, id, { tool: 'other' }))
    await refused(hand, under(hand, id, { tool: null }))
    const other = await s.held()
    await refused(other, under(other, id))
    await refused(other, under(other, 'none'))
  }),

  clause('what is open, denied, expired or no approval allows nothing', async (s) => {
    const cases = [
      await answered(s, []),
      await answered(s, [{ decision: 'deny' }]),
      await answered(s, [{ decision: 'happened' }], { kind: 'doubt' }),
      await answered(s, [{ decision: 'answer', result: '1' }], { kind: 'question' }),
    ]
    for (const { hand, id } of cases) await refused(hand, under(hand, id))
    const late = await answered(s, [])
    await late.hand.must(late.hand.note({ expires: late.id }))
    expect(await s.ledger.answer({ id: late.id, decision: 'approve', by: 'ann' })).toMatchObject({ code: 'closed' })
    await refused(late.hand, under(late.hand, late.id))
  }),

  clause('where two must say yes one is not enough, nor are arguments that one of them gave', async (s) => {
    const two = { people: 2 as const }
    const one = await answered(s, [{ by: 'ann' }], two)
    await refused(one.hand, under(one.hand, one.id))
    const both = await answered(s, [{ by: 'ann' }, { by: 'bob' }], two)
    await both.hand.must(under(both.hand, both.id))
    const result = '{"amount":1}'
    const args = sha256(result)
    for (const says of [[{ result }], [{ by: 'bob' }, { result }]]) {
      const changed = await answered(s, says, two)
      await refused(changed.hand, under(changed.hand, changed.id))
      const wish = { approval: { id: changed.id, args }, effect: claim(changed.hand, args) }
      await refused(changed.hand, under(changed.hand, changed.id, wish))
    }
  }),

  // Other code may mean something else by the same arguments.
  clause('an approval is for the version that it was asked of', async (s) => {
    const { hand, id } = await answered(s, [{}])
    await hand.must(hand.park({ dueInMs: 0, mailSeen: 1 }))
    await s.ledger.repin({ runId: hand.runId, version: 2, fingerprint: 'print', by: 'operator' })
    const moved = await s.claim(await s.worker({ serves: [`${s.agent}@2#print`] }), hand.runId)
    await refused(moved, under(moved, id))
  }),

  clause('a read under an approval is held to it as well', async (s) => {
    const { hand, id } = await answered(s, [{}])
    const { effect: _, ...read } = under(hand, id)
    await hand.must(read)
    const { effect: __, ...again } = under(hand, id, { step: 'pay#2' })
    await refused(hand, again)
  }),

  clause('what names no approval is not asked for one', async (s) => {
    const { hand } = await answered(s, [])
    await hand.must(hand.begin({ effect: claim(hand) }))
  }),
]
