import { describe, expect, test } from 'vitest'
import type { EscalationKind } from '../../core/escalation.js'
import type { Op } from '../../core/ops.js'
import { storedKey } from '../../orchestrator/doubt.js'
import { digestOf } from '../../orchestrator/proposal.js'
import { effect, type Hand, question } from '../../testing/conformance/hand.js'
import { Scene } from '../../testing/conformance/scene.js'
import type { FaultName, Strike } from '../fault.js'
import type { Asked, PersonSays } from '../scenario.js'
import { handMade } from '../surroundings.fixture.js'
import { People } from './people.js'

const DAY_MS = 86_400_000
const INPUT = { id: 'W1' }

interface Wish {
  readonly fault?: FaultName
  readonly kind?: EscalationKind
  readonly show?: object
  readonly notBeforeMs?: number
  readonly people?: (asked: Asked<unknown>) => PersonSays | null
  /** Key of an act that the witness saw; null for one without a key. */
  readonly acted?: string | null
}

/** A run whose question has just been opened, with people around. */
async function asked({ fault, kind = 'approval', show = {}, notBeforeMs, people, acted }: Wish) {
  const strike = { fault: fault ?? 'person_never', place: `person:${kind}#1` } as Strike
  const s = handMade(people ? { people } : {}, fault ? [strike] : [])
  const { ledger, clock } = s
  const scene = new Scene({ ledger, advance: clock.advance, close: async () => undefined })
  const hand = await scene.held({ deadlineMs: 10 * DAY_MS })
  const args = digestOf(INPUT)
  if (kind === 'doubt') {
    const key = storedKey(await ledger.secret(), scene.tenant, 'tool', 'k1')
    await hand.mustDoubt({ timeoutMs: 1_000, effect: effect(key, { args }) })
  }
  if (acted !== undefined) s.witness.record({ tool: 'tool', key: acted, input: INPUT, result: 'paid' })
  const actor = new People(s)
  const put = async (op: Op, from: Hand) => actor.wrote([op], [await from.put(op)])
  const notBefore = notBeforeMs === undefined ? null : clock.now() + notBeforeMs
  const text = JSON.stringify({ ...show, input: INPUT })
  const opened = question('esc', { kind, args, show: text, notBefore })
  await put(hand.park({ dueAt: clock.now() + DAY_MS, escalations: [opened] }), hand)
  const row = async () => (await ledger.escalations({ id: 'esc' }))[0]
  /** When it was answered, ms after it was opened. */
  const settled = async () => {
    const from = clock.now()
    await clock.advance(2 * DAY_MS)
    const at = await row()
    return { ...at, afterMs: at?.answeredAt ? at.answeredAt - from : null, busy: actor.busy }
  }
  return { s, actor, settled, row, bitten: () => s.fates.bitten.has(strike), opened, hand, put }
}

describe('by default', () => {
  test('an approval is approved in good time, by whoever was asked', async () => {
    const { settled, s } = await asked({})
    const { decision, by, afterMs, busy } = await settled()
    expect([decision, by, busy]).toEqual(['approve', 'desk', false])
    expect(afterMs).toBeLessThanOrEqual(30_000)
    expect(s.fates.visits.get('person:approval')).toBe(1)
  })

  test('what was done once is not approved again', async () => {
    expect(await (await asked({ show: { repeat: true } })).settled()).toMatchObject({ decision: 'deny' })
  })

  test('a question comes to its default', async () => {
    expect(await (await asked({ kind: 'question' })).settled()).toMatchObject({ state: 'open', busy: false })
  })

  test.each([
    ['k1', 'happened'],
    ['k2', 'not_happened'],
    [undefined, 'not_happened'],
    [null, 'happened'],
  ] as const)(
    'a doubt is answered by what the witness saw (key %s: %s), and not too early',
    async (acted, decision) => {
      const { settled } = await asked({ kind: 'doubt', notBeforeMs: 20_000, ...(acted !== undefined && { acted }) })
      const at = await settled()
      expect(at).toMatchObject({ decision, result: decision === 'happened' ? '"paid"' : null })
      expect(at.afterMs).toBeGreaterThan(20_000)
    },
  )
})

describe("the scenario's people", () => {
  test('decide, each in their time, with what is known', async () => {
    const heard: Asked<unknown>[] = []
    const says: PersonSays = { decision: 'deny', by: 'nina', afterMs: 70_000, note: 'Too much.' }
    const { settled } = await asked({
      people: (one) => {
        heard.push(one)
        return says
      },
    })
    expect(await settled()).toMatchObject({ decision: 'deny', by: 'nina', note: 'Too much.', afterMs: 70_000 })
    expect(heard).toMatchObject([{ happened: null, escalation: { id: 'esc' } }])
  })

  test('may leave to the usual answer what they say nothing of', async () => {
    const people = ({ escalation, usual }: Asked<unknown>): PersonSays | null =>
      escalation.kind === 'approval' ? { decision: 'deny', by: 'nina' } : usual
    expect(await (await asked({ people })).settled()).toMatchObject({ decision: 'deny', by: 'nina' })
    const doubt = { kind: 'doubt', people, acted: 'k1' } as const
    expect(await (await asked(doubt)).settled()).toMatchObject({ decision: 'happened', by: 'desk', result: '"paid"' })
  })

  test('may let it lie', async () => {
    expect(await (await asked({ people: () => null })).settled()).toMatchObject({ state: 'open', decision: null })
  })
})

describe('a fault', () => {
  test('nobody answers', async () => {
    const { settled, bitten } = await asked({ fault: 'person_never' })
    expect(await settled()).toMatchObject({ state: 'open', busy: false })
    expect(bitten()).toBe(true)
  })

  test('an answer after the deadline', async () => {
    const { settled, bitten } = await asked({ fault: 'person_late' })
    expect((await settled()).afterMs).toBeGreaterThan(60_000)
    expect(bitten()).toBe(true)
  })

  test('a second answer that says the contrary is not taken', async () => {
    const { settled, bitten } = await asked({ fault: 'person_twice' })
    expect(await settled()).toMatchObject({ decision: 'approve', by: 'desk' })
    expect(bitten()).toBe(true)
  })

  test('an answer for other arguments is none', async () => {
    const { settled, bitten, s } = await asked({ fault: 'person_changed' })
    const again = s.chance.of('person:approval#1|again') < 0.7
    expect(await settled()).toMatchObject({ decision: again ? 'approve' : null })
    expect(bitten()).toBe(true)
  })

  test('has no effect where nobody would have answered', async () => {
    const { settled, bitten } = await asked({ fault: 'person_never', kind: 'question' })
    await settled()
    expect(bitten()).toBe(false)
  })
})

test('a question that was overtaken before anybody looked is left alone', async () => {
  const { s, settled, row } = await asked({ kind: 'doubt', notBeforeMs: 5_000 })
  const args = (await row())?.args ?? ''
  await s.ledger.answer({ id: 'esc', decision: 'happened', by: 'other', args, result: '1' })
  expect(await settled()).toMatchObject({ by: 'other', decision: 'happened' })
})
