import { beforeEach, describe, expect, it } from 'vitest'
import type { Admission, Admitted } from '../core/admission.js'
import { MidwatchError } from '../core/errors.js'
import { Admissions } from './admissions.js'

const turns = async () => {
  for (let n = 0; n < 4; n += 1) await new Promise((done) => setImmediate(done))
}
const admission = (runId: string, more: Partial<Admission> = {}): Admission =>
  ({ runId, tenant: 't', agent: 'a', queue: 'default', key: null, session: null, body: '{}', ...more }) as Admission

interface Sent {
  readonly runs: readonly string[]
  answer(code?: Admitted['code']): void
  fail(error: Error): void
}

let sent: Sent[]
let heard: string[]
let admissions: Admissions

beforeEach(() => {
  sent = []
  heard = []
  const send = (ps: readonly Admission[]) =>
    new Promise<Admitted[]>((resolve, reject) => {
      sent.push({
        runs: ps.map(({ runId }) => runId),
        answer: (code = 'ok') => resolve(ps.map(({ runId }) => ({ code, runId }))),
        fail: reject,
      })
    })
  const ledger = { admit: async (p: Admission) => (await send([p]))[0] as Admitted, admitAll: send }
  const hearer = {
    sent: (q: string) => heard.push(`sent ${q}`),
    withdrawn: (q: string) => heard.push(`withdrawn ${q}`),
  }
  admissions = new Admissions(ledger, { soon: (call) => void setImmediate(call) }, hearer)
})

describe('admissions', () => {
  it('that come up in one turn are one transaction, each with its own answer', async () => {
    const both = Promise.all([admissions.admit(admission('r1')), admissions.admit(admission('r2'))])
    await turns()
    expect(sent.map(({ runs }) => runs)).toEqual([['r1', 'r2']])
    sent[0]?.answer()
    expect((await both).map(({ runId }) => runId)).toEqual(['r1', 'r2'])
  })

  it('that come up while others are under way go together behind them', async () => {
    void admissions.admit(admission('r1'))
    await turns()
    for (const id of ['r2', 'r3']) void admissions.admit(admission(id))
    await turns()
    expect(sent).toHaveLength(1)
    sent[0]?.answer()
    await turns()
    expect(sent.map(({ runs }) => runs)).toEqual([['r1'], ['r2', 'r3']])
  })

  it('of sessions wait for nobody', () => {
    void admissions.admit(admission('r1', { session: 's' }))
    void admissions.admit(admission('r2', { session: 's' }))
    expect(sent.map(({ runs }) => runs)).toEqual([['r1'], ['r2']])
  })

  it('go in the order of their keys, whoever came first', async () => {
    for (const key of ['b', 'c', 'a']) void admissions.admit(admission(`run-${key}`, { key }))
    await turns()
    expect(sent[0]?.runs).toEqual(['run-a', 'run-b', 'run-c'])
  })

  it('are tried one by one when one of them cannot be stored', async () => {
    const all = ['good', 'bad'].map((id) => admissions.admit(admission(id)).catch((error: Error) => error.message))
    await turns()
    sent[0]?.fail(new Error('no text'))
    await turns()
    sent[1]?.answer()
    await turns()
    sent[2]?.fail(new Error('no text'))
    expect(await Promise.all(all)).toEqual([{ code: 'ok', runId: 'good' }, 'no text'])
    expect(sent.map(({ runs }) => runs)).toEqual([['good', 'bad'], ['good'], ['bad']])
  })

  it('all hear that the ledger is away, and the next ones are sent all the same', async () => {
    const all = ['r1', 'r2'].map((id) => admissions.admit(admission(id)).catch((error: MidwatchError) => error.code))
    await turns()
    sent[0]?.fail(new MidwatchError('ledger_away', 'The ledger is away.'))
    expect(await Promise.all(all)).toEqual(['ledger_away', 'ledger_away'])
    void admissions.admit(admission('r3'))
    await turns()
    expect(sent[1]?.runs).toEqual(['r3'])
  })

  it('say of which queue they may wake, and take it back where they do not', async () => {
    for (const id of ['r1', 'r2']) void admissions.admit(admission(id))
    await turns()
    sent[0]?.answer()
    await turns()
    void admissions.admit(admission('r3', { queue: 'slow' }))
    await turns()
    sent[1]?.answer('existing')
    await turns()
    expect(heard).toEqual(['sent default', 'sent slow', 'withdrawn slow'])
  })
})
