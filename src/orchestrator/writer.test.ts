import { beforeEach, expect, it } from 'vitest'
import type { Answer, AnswerCode, Op } from '../core/ops.js'
import { type Draft, Writer } from './writer.js'

/** Submissions as they went, each answered by hand. */
let sent: { ops: readonly Op[]; answer: (...codes: AnswerCode[]) => Promise<void>; fail: () => Promise<void> }[]
let lost: string[]
let writer: Writer

const turns = async () => {
  for (let n = 0; n < 4; n += 1) await new Promise((done) => setImmediate(done))
}

beforeEach(() => {
  sent = []
  lost = []
  const submit = (ops: readonly Op[]) =>
    new Promise<Answer[]>((resolve, reject) => {
      const answer = async (...codes: AnswerCode[]) => {
        resolve(ops.map((_, i) => ({ code: codes[i] ?? 'ok', at: 1 })))
        await turns()
      }
      const fail = async () => {
        reject(new Error('closed'))
        await turns()
      }
      sent.push({ ops, answer, fail })
    })
  const submitSoon = async (take: () => readonly Op[]) => {
    await new Promise((done) => setImmediate(done))
    return submit(take())
  }
  const ports = {
    batcher: { submitSoon },
    entropy: { salt: () => 's' } as never,
    conceal: (t: string) => t,
  }
  writer = new Writer(ports, 'run', 7, 2, (answer) => lost.push(answer.code))
})

const note = (more: object = {}): Draft => ({ kind: 'note', body: { b: 1, a: 2 }, ...more })
const settle = (more: object = {}): Draft => ({ kind: 'settle', ref: 3, did: 'performed', used: [], body: {}, ...more })
const begin = (): Draft => ({
  ...{ kind: 'begin', step: 'a#1', attempt: 1, tool: 't', timeoutMs: 1, settlesMs: 0, charges: [], body: {} },
})
const park = (): Draft => ({ kind: 'park', waits: 'timer', dueAt: 1, mailSeen: 0, body: {} })

it('stamps ops with their place, fence and canonical body', async () => {
  void writer.write(note())
  await turns()
  expect(sent[0]?.ops).toEqual([{ kind: 'note', runId: 'run', fence: 7, seq: 3, salt: 's', body: '{"a":2,"b":1}' }])
})

it.each([
  ['a settle rides with the next begin', [settle(), begin(), note()], [['settle', 'begin'], ['note']]],
  ['notes go together', [note(), note(), note()], [['note', 'note', 'note']]],
  ['nothing follows a park', [note(), park(), note()], [['note', 'park'], ['note']]],
  ['nothing follows a verdict', [settle({ saw: { attempt: 1, evidence: 0 } }), note()], [['settle'], ['note']]],
  ['nothing follows an expiry', [note({ expires: 'e' }), note()], [['note'], ['note']]],
  ['a doubt goes with what follows', [{ kind: 'doubt', ref: 3, body: {} } as Draft, park()], [['doubt', 'park']]],
])('%s', async (_, drafts, groups) => {
  for (const draft of drafts) void writer.write(draft)
  await turns()
  for (let n = 0; n < groups.length; n += 1) await sent[n]?.answer()
  expect(sent.map(({ ops }) => ops.map((op) => op.kind))).toEqual(groups)
  expect(sent.flatMap(({ ops }) => ops.map((op) => op.seq))).toEqual(drafts.map((_, i) => 3 + i))
})

it('has one submission under way at a time', async () => {
  void writer.write(note())
  await turns()
  void writer.write(note())
  await turns()
  expect(sent).toHaveLength(1)
  await sent[0]?.answer()
  expect(sent).toHaveLength(2)
})

it('a refused begin takes no place, and what follows does', async () => {
  const answers: string[] = []
  for (const draft of [note(), begin(), note()]) {
    void writer.write(draft).then(({ answer, seq }) => answers.push(`${answer.code}@${seq}`))
  }
  await turns()
  await sent[0]?.answer('ok', 'ceiling')
  await sent[1]?.answer()
  expect(answers).toEqual(['ok@3', 'ceiling@3', 'ok@4'])
  expect(lost).toEqual([])
})

it.each([
  ['fenced', begin()],
  ['lease_lost', begin()],
  ['head_moved', note()],
  ['ended', note()],
  ['poison', settle()],
  ['not_open', park()],
  ['not_open', settle()],
] as const)('%s of an op loses the run: nothing after it is answered or sent', async (code, draft) => {
  const answered: string[] = []
  for (const one of [draft, note()]) void writer.write(one).then(({ answer }) => answered.push(answer.code))
  await turns()
  await sent[0]?.answer(code)
  void writer.write(note()).then(() => answered.push('late'))
  await turns()
  expect([answered, lost, sent.length]).toEqual([[], [code], 1])
})

it('loses the run when the batcher gives up', async () => {
  void writer.write(note())
  await turns()
  await sent[0]?.fail()
  expect(lost).toEqual(['fenced'])
  await writer.flushed()
})

it('goes on under a new claim where it stood', async () => {
  void writer.write(begin())
  await turns()
  await sent[0]?.answer('fenced')
  writer.renew(9, 5)
  void writer.write(note())
  await turns()
  expect(sent[1]?.ops[0]).toMatchObject({ fence: 9, seq: 6 })
})

it('says when everything has its answer', async () => {
  expect(writer.idle).toBe(true)
  let flushed = false
  void writer.write(note())
  void writer.flushed().then(() => {
    flushed = true
  })
  await turns()
  expect([flushed, writer.idle]).toEqual([false, false])
  await sent[0]?.answer()
  expect([flushed, writer.idle]).toEqual([true, true])
})

it('throws at once for a body that is no JSON, and goes on', async () => {
  const loop: Record<string, unknown> = {}
  loop.loop = loop
  expect(() => writer.write({ ...note(), body: loop } as Draft)).toThrow()
  void writer.write(note())
  await turns()
  expect(sent[0]?.ops[0]?.seq).toBe(3)
})
