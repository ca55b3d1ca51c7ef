import { describe, expect, it } from 'vitest'
import { question, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { inbox } from './inbox.js'

/** Two messages worked in turn, a third that waits; the first run got an answer by mail. */
async function threeMessages() {
  const watch = await Watch.start()
  const runs: string[] = []
  for (const key of ['m1', 'm2', 'm3']) runs.push(await watch.admit({ session: 's', key }))
  const [first = '', second = ''] = runs
  await watch.claim(first)
  await watch.settle(first, await watch.begin(first), 'performed')
  await watch.park(first, 1_000, [question('e1')])
  await watch.ledger.answer({ id: 'e1', decision: 'approve', by: 'ann' })
  watch.now += 10
  await watch.claim(first)
  await watch.end(first)
  watch.now += 10
  await watch.claim(second)
  await watch.settle(second, await watch.begin(second), 'performed')
  await watch.end(second)
  return { first, second, facts: await watch.facts() }
}

describe('inbox', () => {
  it('messages worked in order, with mail seen, pass', async () => {
    const { facts } = await threeMessages()
    expect(facts.runs.map(({ mailHead }) => mailHead)).toEqual([1, 0, 0])
    expect(told(inbox, facts)).toEqual([])
  })

  it.each([
    ['a gap in the session', 1, { sessionNo: 5 }, 'has a gap or a twin'],
    ['a message worked before the one ahead of it was done', 0, { endedAt: 1_800_000_000_000 }, 'was worked before'],
    ['a message worked while the one ahead is open', 0, { endedAt: null }, 'was worked before'],
    ['a message that nobody woke', 2, { dueAt: null }, 'the next message is not due'],
    ['a message worked by two runs', 1, { key: 'm1' }, "Two runs work the message 'm1'"],
    ['mail that is not there', 0, { mailHead: 2 }, 'counts other mail than there is'],
    ['mail seen that never came', 1, { mailSeen: 3 }, 'saw more mail than there is'],
  ])('%s is found', async (_, i, edit, sentence) => {
    const { facts } = await threeMessages()
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[i] ?? {}, edit))
    expect(told(inbox, bad).join()).toContain(sentence)
  })

  it('a gap in the mail is found', async () => {
    const { first, facts } = await threeMessages()
    const bad = tampered(facts, ({ mail }) => Object.assign(mail.get(first)?.[0] ?? {}, { no: 2 }))
    expect(told(inbox, bad)).toEqual(['The mail has a gap.'])
  })

  it('an entry that unsaw mail is found', async () => {
    const { first, facts } = await threeMessages()
    const bad = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(first)?.at(-1)?.facts ?? {}, { mailSeen: -1 }),
    )
    expect(told(inbox, bad)).toEqual(['The journal saw mail that is not there, or unsaw some.'])
  })
})
