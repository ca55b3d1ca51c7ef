import { expect, it } from 'vitest'
import { z } from 'zod'
import { hmac } from '../core/digest.js'
import { refuse } from '../govern/verdict.js'
import { tool } from '../tools/tool.js'
import type { Activation } from './activation.js'
import { backoffUntil, counted, steadyChance } from './backoff.js'
import { attemptCounts, stepCharges } from './charges.js'
import { storedKey } from './doubt.js'
import { type Intent, Journal, type StepRecord } from './journal.js'
import { judge } from './judge.js'
import { digestOf, effectKey, keyAgain, lockNames, type Proposal } from './proposal.js'

const input = z.object({ id: z.string() })
const execute = async () => 1
const base = { name: 'act', description: 'Acts.', input, execute, effect: 'keyed', keyRemembered: '1d' } as const
const plain = tool(base).spec
const run = { run: { origin: 'o1', session: null }, messageKey: 'm1' } as unknown as Activation
const propose = (more: Partial<Proposal> = {}): Proposal => ({
  ...{ id: 'act#1', spec: plain, wire: { id: 'x' }, input: { id: 'x' }, args: digestOf({ id: 'x' }), rule: null },
  ...{ onBreach: () => 'end', perStep: false },
  ...more,
})

it('makes a default key of origin, tool and arguments, and in flows of the step', () => {
  const key = effectKey(run, propose())
  expect(effectKey(run, propose({ id: 'act#2' }))).toBe(key)
  expect(effectKey(run, propose({ args: digestOf({ id: 'y' }) }))).not.toBe(key)
  expect(effectKey({ ...run, run: { ...run.run, origin: 'o2' } } as Activation, propose())).not.toBe(key)
  const inFlow = effectKey(run, propose({ perStep: true }))
  expect(inFlow).not.toBe(key)
  expect(effectKey(run, propose({ perStep: true, id: 'act#2' }))).not.toBe(inFlow)
})

it('does not depend on the order of fields', () => {
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }))
})

it('gives a tool’s own key the request and the session, and nothing of the step', () => {
  const own = tool({ ...base, key: ({ id }, from) => `${id}|${from.origin}|${from.session}|${from.message.key}` }).spec
  expect(effectKey(run, propose({ spec: own, perStep: true }))).toBe('x|o1|undefined|m1')
  const inSession = { ...run, run: { ...run.run, session: 's1' } } as Activation
  expect(effectKey(inSession, propose({ spec: own }))).toBe('x|o1|s1|m1')
})

it('sets a repeat that a person asked for apart', () => {
  expect([keyAgain('k', null), keyAgain('k', 'abc')]).toEqual(['k', 'k|again:abc'])
})

it('stores keys so that tenants and tools do not share them', () => {
  const made = [storedKey('s', 't', 'act', 'k'), storedKey('s', 'u', 'act', 'k'), storedKey('s', 't', 'undo', 'k')]
  expect(new Set([...made, storedKey('other', 't', 'act', 'k')]).size).toBe(4)
  expect(made[0]).toBe(hmac('s', 't|act|k'))
})

it('sorts locks and takes each once', () => {
  const locking = (locks: (i: { id: string }) => string | string[]) => propose({ spec: tool({ ...base, locks }).spec })
  expect(lockNames(locking(() => ['b', 'a', 'b']))).toEqual(['a', 'b'])
  expect(lockNames(locking(({ id }) => `order:${id}`))).toEqual(['order:x'])
  expect(lockNames(propose())).toEqual([])
})

it('a rule that throws refuses', () => {
  const journal = new Journal()
  const judged = (rule: Proposal['rule']) =>
    judge(
      { journal, run: { tenant: 't' }, definition: { policy: { stages: null } } } as unknown as Activation,
      propose({ rule }),
    )
  expect(judged(null)).toMatchObject({ verdict: 'allow' })
  expect(judged(() => refuse('policy', 'no'))).toMatchObject({ verdict: 'refuse', say: 'no' })
  const threw = judged(() => {
    throw new Error('typo')
  })
  expect(threw).toMatchObject({ verdict: 'refuse', reason: 'policy' })
  expect((threw as { say: string }).say).toContain('typo')
})

const intent = (fault: { code: string; retryAfterMs?: number } | null, more: Partial<Intent> = {}): Intent => ({
  ...{ seq: 3, step: 'a#1', attempt: 1, fence: 1, at: 0, actsUntil: 0, charges: [], effect: null, body: {} },
  ...{ doubt: false, lost: false, superseded: false },
  settled: fault && { did: 'failed', seq: 4, at: 1_000, used: [], body: { fault } },
  ...more,
})
const record = (...intents: Intent[]): StepRecord => ({ id: 'a#1', intents, notes: [], args: null, final: null })

it('counts attempts against a tool: not those lost with their worker, nor those this side failed', () => {
  const lost = intent({ code: 'lost' }, { lost: true })
  expect(counted(record(intent({ code: 'threw' }), lost, intent({ code: 'too_late' }), intent(null)))).toBe(2)
})

it('backs off from when the last attempt failed, the same whoever asks, and as long as it was told', () => {
  const failed = record(intent({ code: 'threw' }))
  const until = backoffUntil('r', failed)
  expect(until).toBeGreaterThanOrEqual(1_000)
  expect(backoffUntil('r', failed)).toBe(until)
  expect(backoffUntil('r', record(intent({ code: 'busy', retryAfterMs: 5_000 })))).toBeGreaterThanOrEqual(6_000)
  expect(backoffUntil('r', record(intent(null)))).toBe(0)
  expect(backoffUntil('r', record(intent({ code: 'lost' }, { lost: true })))).toBe(0)
  expect(backoffUntil('r', record())).toBe(0)
})

it('draws chances evenly, and alike for alike', () => {
  const drawn = Array.from({ length: 1_000 }, (_, n) => steadyChance(`seed|${n}`))
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...drawn)).toBeLessThan(1)
  expect(drawn.reduce((a, b) => a + b) / 1_000).toBeCloseTo(0.5, 1)
  expect(steadyChance('seed|1')).toBe(drawn[1])
})

it('counts the first attempt as a step, others as retries, and carries on what it stands in for', () => {
  const counts = { calls: 'tool_calls', activeMs: 100 } as const
  expect(attemptCounts({ ...counts, first: true, before: null })).toMatchObject({ steps: 1, retries: 0, active: 100 })
  expect(attemptCounts({ ...counts, first: false, before: null })).toMatchObject({ steps: 0, retries: 1 })
  const charged = ['steps', 'attempts', 'active'].map((meter, n) => ({ at: 'run', meter, kind: 'sum', amount: n + 1 }))
  const before = intent(null, { charges: charged as Intent['charges'] })
  expect(attemptCounts({ ...counts, first: false, before })).toEqual({
    ...{ steps: 1, tool_calls: 1, attempts: 3, retries: 1, active: 103 },
  })
})

it('charges the run, the policy’s scopes, operators’ ceilings that cover it, and a lane', () => {
  const ceilings = [
    { scope: 'run', meter: 'usd', per: 'total', limit: 10 },
    { scope: 'tenant', meter: 'usd', per: 'day', limit: 20 },
  ]
  const operators = [
    { scope: 'fleet', meter: 'usd', per: 'day', limit: 1 },
    { scope: 'tenant:other', meter: 'usd', per: 'day', limit: 1 },
    { scope: 'tool:act', meter: 'tool_calls', per: 'hour', limit: 1 },
  ]
  const activation = {
    definition: { meters: ['usd', 'tool_calls'], policy: { stages: null } },
    journal: new Journal(),
    kin: { ceilings, above: [] },
    engine: { ceilings: () => operators, lanes: { fleetCap: () => 4 } },
    run: { tenant: 't', agent: 'a', session: null },
    unwinding: null,
  } as unknown as Activation
  const charges = stepCharges(activation, { usd: 5, tool_calls: 1, retries: 0 }, 'act', 'slow')
  expect(charges.map((c) => `${c.at} ${c.scope} ${c.meter} ${c.per} ${c.amount} ${c.limit}`)).toEqual([
    'run  usd total 5 10',
    'shared tenant:t/a usd day 5 20',
    'run  tool_calls total 1 null',
    'shared fleet usd day 5 null',
    'shared tool:act tool_calls hour 1 null',
    'shared fleet lane:slow total 1 4',
  ])
})
