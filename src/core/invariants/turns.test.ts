import { describe, expect, it } from 'vitest'
import { tampered, told, Watch } from '../../../test/invariants/watch.js'
import type { Admission } from '../admission.js'
import { INVARIANTS } from './catalogue.js'
import { inbox } from './inbox.js'
import { inspectFacts } from './inspect.js'

const numbered = (sequence: number): Partial<Admission> => ({ session: 's', sequence, gapMs: 1_000 })

/** Ends with all mail seen, later than what came before. */
async function finish(watch: Watch, runId: string) {
  watch.now += 10
  await watch.end(runId)
  watch.now += 10
}

/** The first run takes the second and the third message in; the fourth is worked by itself. */
async function takenIn() {
  const watch = await Watch.start()
  const wish = { session: 's', whileBusy: 'steer' } as const
  const first = await watch.run(wish)
  const [second, third, fourth] = [await watch.admit(wish), await watch.admit(wish), await watch.admit(wish)]
  await watch.write(first, { kind: 'note', absorbs: [second] })
  watch.now += 10
  await watch.write(first, { kind: 'note', absorbs: [third], state: { version: 1, text: '{}' } })
  await watch.settle(first, await watch.begin(first), 'performed')
  await finish(watch, first)
  await watch.claim(fourth)
  await watch.settle(fourth, await watch.begin(fourth), 'performed')
  await finish(watch, fourth)
  return { ids: [first, second, third, fourth] as const, facts: await watch.facts() }
}

/** Numbers 1 and 2 never came: 3 was worked without them, then 4, and 6 waits for 5. */
async function gaps() {
  const watch = await Watch.start()
  const [third, fourth] = [await watch.admit(numbered(3)), await watch.admit(numbered(4))]
  const sixth = await watch.admit(numbered(6))
  watch.now += 1_000
  await watch.ledger.passGaps({ limit: 10 })
  for (const runId of [third, fourth]) {
    await watch.claim(runId)
    await watch.settle(runId, await watch.begin(runId), 'performed')
    await finish(watch, runId)
  }
  return { watch, ids: [third, fourth, sixth] as const, facts: await watch.facts() }
}

describe('messages that were taken in', () => {
  it('pass, as all else that the ledger holds', async () => {
    const { facts } = await takenIn()
    expect(inspectFacts(facts, INVARIANTS)).toEqual([])
  })

  it.each([
    ['a message that nobody worked', 1, { workedBy: null }, 'a run took a message in that is not its own'],
    ['a message that another run claims', 1, { workedBy: 'third' }, 'has no such run before it'],
    ['a message that did not end with its run', 1, { endedAt: 5 }, 'did not end with it'],
    ['a message with another outcome', 2, { outcome: 'failed' }, 'did not end with it'],
    ['a message that overtook another', 1, { workedBy: null, endedAt: 1_800_000_000_000 }, 'overtook one ahead of it'],
  ])('%s is found', async (_, i, edit, sentence) => {
    const { facts } = await takenIn()
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[i] ?? {}, edit))
    expect(told(inbox, bad).join()).toContain(sentence)
  })

  it('a message that was worked by itself too is found', async () => {
    const { ids, facts } = await takenIn()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(ids[1])?.[1] ?? {}, { kind: 'begin' }))
    expect(told(inbox, bad).join()).toContain('was worked by itself too')
  })

  it('a message that no journal took in is found', async () => {
    const { ids, facts } = await takenIn()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(ids[0])?.[2]?.facts ?? {}, { absorbs: [] }))
    expect(told(inbox, bad).join()).toContain('is not in its journal')
  })

  it('a state that was written before its turn is found', async () => {
    const { ids, facts } = await takenIn()
    const bad = tampered(facts, ({ entries }) => {
      const claim = entries.get(ids[3])?.find(({ kind }) => kind === 'claim')
      Object.assign(claim ?? {}, { at: 5, facts: { ...claim?.facts, state: { version: 1, digest: 'd' } } })
    })
    expect(told(inbox, bad).join()).toContain('was worked before the one ahead of it was done')
  })
})

describe('numbered messages', () => {
  it('pass where numbers were given up, and where some are waited for', async () => {
    const { facts } = await gaps()
    expect(facts.runs.map(({ gap }) => gap)).toEqual([[1, 2], null, null])
    expect(inspectFacts(facts, INVARIANTS)).toEqual([])
  })

  it.each([
    ['numbers that nobody gave up', 0, { gap: null }, 'has a gap or a twin'],
    ['fewer numbers given up than are missing', 0, { gap: [2, 2] }, 'has a gap or a twin'],
    ['a number given up that had come', 2, { gap: [4, 5] }, 'although their message had come'],
    ['a number that two messages have', 1, { sessionNo: 3 }, 'has a gap or a twin'],
  ])('%s is found', async (_, i, edit, sentence) => {
    const { facts } = await gaps()
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[i] ?? {}, edit))
    expect(told(inbox, bad).join()).toContain(sentence)
  })

  it('a message that is worked although the one before it is waited for is found', async () => {
    const { watch, ids } = await gaps()
    watch.now += 1_000
    await watch.ledger.passGaps({ limit: 10 })
    await watch.claim(ids[2])
    await watch.begin(ids[2])
    const facts = await watch.facts()
    expect(told(inbox, facts)).toEqual([])
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[2] ?? {}, { gap: null }))
    expect(told(inbox, bad).join()).toContain('has a gap or a twin')
  })

  it('a gap in a session that numbers its messages itself is found before anybody works them', async () => {
    const watch = await Watch.start()
    for (const _ of [1, 2, 3]) await watch.admit({ session: 's' })
    const facts = await watch.facts()
    const bad = tampered(facts, ({ runs, entries }) => {
      entries.delete(runs[1]?.runId ?? '')
      runs.splice(1, 1)
    })
    expect(told(inbox, bad).join()).toContain('has a gap or a twin')
  })
})

describe('a message that runs work one behind the other', () => {
  it('has one turn, from the begin of one to the end of the last', async () => {
    const watch = await Watch.start()
    const first = await watch.run({ session: 's' })
    const second = await watch.admit({ session: 's' })
    const next = '00000000-0000-7000-8000-000000009999'
    const pin = { agent: 'desk', version: 1, fingerprint: 'f', queue: 'main', key: null }
    const content = { deadlineMs: 86_400_000, meters: [], body: '{}', salt: 'aa', inputDigest: 'd' }
    await watch.begin(first).then((ref) => watch.settle(first, ref, 'performed'))
    const end = { kind: 'end', outcome: 'completed', detail: '', mailSeen: 0, dueAt: null } as const
    await watch.write(first, { ...end, next: { runId: next, ...pin, ...content } })
    watch.now += 10
    await watch.claim(next)
    await finish(watch, next)
    await watch.claim(second)
    await watch.begin(second)
    const facts = await watch.facts()
    expect(told(inbox, facts)).toEqual([])
    const bad = tampered(facts, ({ runs }) => {
      Object.assign(runs.find(({ runId }) => runId === next) ?? {}, { endedAt: null })
    })
    expect(told(inbox, bad).join()).toContain('was worked before the one ahead of it was done')
  })
})
