import fc from 'fast-check'
import { expect, it } from 'vitest'
import { systemEntropy } from '../core/ids.js'
import type { Charge } from '../core/meters.js'
import { Batcher } from '../ledger/batcher.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { manualClock } from '../testing/manual-clock.js'
import { Book } from './book.js'
import { Delivery } from './delivery.js'
import { type Intent, Journal } from './journal.js'
import { LedgerTime } from './ledger-time.js'
import { completed, failed } from './result.js'
import { Writer } from './writer.js'

const charge = (meter: string, amount: number, kind: Charge['kind'] = 'sum'): Charge => ({
  at: 'run',
  scope: '',
  meter,
  kind,
  per: 'total',
  amount,
  limit: null,
})

/** A book on a run that was just claimed, under a clock that stands still. */
async function opened() {
  const clock = manualClock()
  const ledger = memoryLedger({ clock })
  const runId = systemEntropy.runId()
  const { workerId } = await ledger.workers.register({ name: 'w', leaseMs: 60_000, serves: ['a@1#f'], queues: ['q'] })
  await ledger.admit({
    ...{ runId, tenant: 't', agent: 'a', version: 1, fingerprint: 'f', queue: 'q', key: null, session: null },
    ...{ principal: null, origin: null, deadlineMs: 60_000, meters: ['steps', 'usd', 'context_tokens', 'strikes'] },
    ...{ body: '{"input":null}', salt: '00', inputDigest: 'x' },
  })
  const [claimed] = await ledger.claim({ workerId, limit: 1 })
  if (!claimed) throw new Error('not claimed')
  const time = new LedgerTime(clock)
  const lost: string[] = []
  const ports = { batcher: new Batcher(ledger, clock), entropy: systemEntropy, conceal: String }
  const { fence, headSeq } = claimed.run
  const writer = new Writer(ports, runId, fence, headSeq, (answer) => lost.push(answer.code))
  const delivery = new Delivery([], 0, clock, () => undefined)
  const book = new Book(writer, time, (step) => delivery.place(step))
  const folded = async () => {
    await writer.flushed()
    const journal = new Journal()
    for (const entry of await ledger.journal({ runId })) journal.fold(entry)
    return journal
  }
  return { clock, ledger, runId, fence, writer, book, lost, folded }
}

type Opened = Awaited<ReturnType<typeof opened>>

async function begin({ book, writer, fence }: Opened, step: string, write: boolean, n: number): Promise<Intent | null> {
  const record = book.journal.step(step)
  const charges = [charge('steps', 1), charge('usd', 10 + n), charge('context_tokens', 5 * n, 'peak')]
  const effect = write ? { effect: { tool: 'act', key: `k${step}${n}`, args: 'd' } } : {}
  const draft = {
    ...{ step, attempt: record.intents.length + 1, tool: 'act', timeoutMs: 1_000, settlesMs: 0, charges, ...effect },
    body: { sort: 'tool', name: 'act', args: 'd', input: { n } },
  } as const
  const { answer, seq } = await writer.write({ ...draft, kind: 'begin' })
  return answer.code === 'ok' ? book.granted(draft, fence, answer, seq) : null
}

/** Steps of which there is anything to know. */
function known({ steps }: Journal) {
  const some = [...steps.values()].filter(({ intents, notes }) => intents.length + notes.length > 0)
  return some.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** What of a journal decides how a run goes on. */
function essence(journal: Journal) {
  return {
    steps: known(journal).map(({ id, args, final, notes, intents }) => ({
      ...{ id, args, final, notes },
      intents: intents.map(({ charges, settled, effect, ...rest }) => ({
        ...rest,
        charges: charges.map(({ at, meter, kind, amount }) => ({ at, meter, kind, amount })),
        effect: effect && { tool: effect.tool, key: effect.key, args: effect.args, attempt: effect.attempt },
        settled: settled && { ...settled, body: { ...settled.body } },
      })),
    })),
    finals: journal.finals,
    done: journal.done,
    begun: journal.begun,
    used: journal.used,
    open: journal.open().map((i) => i.seq),
  }
}

const deed = fc.record({
  what: fc.constantFrom('begin', 'begin', 'settle', 'doubt', 'resolve', 'note', 'count', 'tick'),
  step: fc.constantFrom('a#1', 'b#1', 'c#1'),
  write: fc.boolean(),
  n: fc.integer({ min: 1, max: 9 }),
  final: fc.boolean(),
})
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never

async function done(on: Opened, { what, step, write, n, final }: Deed): Promise<void> {
  const { book, clock, writer } = on
  const intents = book.journal.step(step).intents
  const open = intents.filter((i) => i.settled === null && !i.superseded)
  const plain = open.find((i) => !i.doubt)
  const doubt = open.find((i) => i.doubt && i.effect)
  const result = final ? { final: n % 2 ? completed({ b: n, a: 1 }) : failed('no', 'it did not') } : {}
  const used = (c: { meter: string }) => (c.meter === 'usd' ? (final ? null : n) : n % 2 ? null : 0)
  if (what === 'begin') await begin(on, step, write, n)
  if (what === 'settle' && plain) {
    const did = final ? 'performed' : plain.effect ? 'not_performed' : 'failed'
    book.settle(plain, did, final ? result : { fault: { code: n === 1 ? 'lost' : 'threw' } }, used)
  }
  if (what === 'doubt' && plain?.effect) book.doubt(plain, n % 2 ? 'lost' : 'timeout', { message: 'why' })
  if (what === 'resolve' && doubt) {
    const saw = { attempt: doubt.effect?.attempt ?? 0, evidence: n === 9 ? 1 : 0 }
    await book.resolve(doubt, final ? 'performed' : 'not_performed', { ...result, source: 'check' }, saw)
  }
  if (what === 'note') await book.note({ about: 'busy', step, args: 'd', detail: { n }, ...result })
  if (what === 'count') await book.note({ about: 'refused', step }, { count: { strikes: n } })
  if (what !== 'tick') return
  await writer.flushed()
  await clock.advance(n)
}

it('a journal folded from its entries is the one that was folded as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 30 }), async (deeds) => {
      const on = await opened()
      for (const one of deeds) await done(on, one)
      const again = await on.folded()
      expect(on.lost).toEqual([])
      // Settlements are stamped where the ledger stamps them; everything else is alike to the letter.
      expect(essence(again)).toEqual(essence(on.book.journal))
    }),
    { numRuns: 150 },
  )
})

it('keeps the place of a verdict among results that were written while it was on its way', async () => {
  const on = await opened()
  const doubtful = await begin(on, 'a#1', true, 1)
  const sister = await begin(on, 'b#1', false, 1)
  if (!doubtful || !sister) throw new Error('not granted')
  on.book.doubt(doubtful, 'timeout')
  const verdict = on.book.resolve(doubtful, 'performed', { final: completed(1) }, { attempt: 1, evidence: 0 })
  on.book.settle(sister, 'performed', { final: completed(2) }, () => null)
  expect(await verdict).toBe(true)
  const { finals } = await on.folded()
  expect(finals.map((f) => f.step)).toEqual(['a#1', 'b#1'])
})

it('a verdict that the ledger refuses changes nothing', async () => {
  const on = await opened()
  const intent = await begin(on, 'a#1', true, 1)
  if (!intent) throw new Error('not granted')
  on.book.doubt(intent, 'timeout')
  const saw = { attempt: 1, evidence: 3 }
  expect(await on.book.resolve(intent, 'performed', { final: completed(1) }, saw)).toBe(false)
  expect([intent.settled, on.book.journal.step('a#1').final]).toEqual([null, null])
  expect((await on.folded()).open()).toHaveLength(1)
})

it('an attempt lost with its worker does not count, and an erased body folds', async () => {
  const on = await opened()
  const intent = await begin(on, 'a#1', false, 1)
  if (!intent) throw new Error('not granted')
  on.book.settle(intent, 'failed', { fault: { code: 'lost' } }, () => null)
  await on.writer.flushed()
  expect(intent.lost).toBe(true)
  const journal = new Journal()
  for (const entry of await on.ledger.journal({ runId: on.runId })) journal.fold({ ...entry, body: null })
  expect(journal.step('a#1').intents).toHaveLength(1)
  expect(journal.open()).toEqual([])
})
