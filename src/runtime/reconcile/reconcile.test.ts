import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import { argsDigest } from '../../core/digest.js'
import { verifyLedger } from '../../core/invariants/verify.js'
import { canonical } from '../../core/json.js'
import type { Ledger } from '../../core/ledger.js'
import type { Write } from '../../core/lives.js'
import { postgresLedger } from '../../ledger/postgres/ledger.js'
import { storedKey } from '../../orchestrator/doubt.js'
import { flow } from '../../orchestrator/flow.js'
import { assemble, type Midwatch } from '../../runtime.js'
import { tool } from '../../tools/tool.js'
import { reconcileLedger, toReconcile } from './reconcile.js'

const input = z.object({ name: z.string() })
/** What the tools did, and what was done before by attempts that the ledger has lost. */
let done: string[]

const shared = { description: 'Acts.', input, timeout: '200ms', key: (p: { name: string }) => p.name } as const
const act = (kind: string) => async (p: { name: string }) => {
  done.push(`${kind} ${p.name}`)
  return { did: p.name }
}
const keyed = tool({ ...shared, name: 'keyed', effect: 'keyed', keyRemembered: '1h', execute: act('keyed') })
const checked = tool({
  ...shared,
  ...{ name: 'checked', effect: 'checked', execute: act('checked') },
  check: async ({ name }) =>
    done.includes(`checked ${name}`) ? { did: 'happen', result: { did: 'found' } } : { did: 'not_happen' },
})
const once = tool({ ...shared, name: 'once', effect: 'once', isolate: 'none', execute: act('once') })
const TOOLS = { keyed, checked, once }

const acting = flow({
  name: 'acting',
  version: 1,
  input: z.object({ kind: z.enum(['keyed', 'checked', 'once']), name: z.string() }),
  tools: [keyed, checked, once],
  run: async (ctx, { kind, name }) => ctx.try.tool(TOOLS[kind] as typeof keyed, { name }),
})

let database: TestDatabase
let ledger: Ledger
let sender: Midwatch
const open: (() => Promise<void>)[] = []

beforeEach(async () => {
  done = []
  database = await freshDatabase()
  ledger = await postgresLedger({ url: database.url })
  sender = await assemble({ run: [acting], worker: false, alarm: () => undefined }, { ledger })
})
afterEach(async () => {
  for (const close of open.splice(0)) await close()
  await sender.stop()
  await ledger.close()
  await database.drop()
})

async function work(): Promise<void> {
  const mw = await assemble({ run: [acting], alarm: () => undefined }, { ledger })
  open.push(() => mw.stop())
}

const ask = (kind: keyof typeof TOOLS, name: string, key = name) =>
  sender.start(acting, { input: { kind, name }, key, deadline: '1h' })

/** A write that a worker was granted, in a part that the ledger has lost. */
async function lostWrite(kind: keyof typeof TOOLS, name: string): Promise<Write> {
  const { version, fingerprint } = acting.definition
  const args = argsDigest({ name })
  const key = storedKey(await ledger.secret(), 'default', kind, name)
  const at = (await ledger.now()) - 1_000
  return {
    of: {
      ...{ tenant: 'default', agent: 'acting', version, fingerprint, session: null, principal: null },
      ...{ origin: `lost-${name}`, messageKey: name },
    },
    op: {
      ...{ kind: 'begin', runId: `lost-${name}`, fence: 1, seq: 3, salt: 's', step: 'step', attempt: 1, tool: kind },
      ...{ timeoutMs: 200, settlesMs: 0, charges: [], effect: { tool: kind, key, args } },
      body: canonical({ args, input: { name }, name: kind, sort: 'tool' }),
    },
    ...{ at, did: null },
  }
}

async function answered(decision: 'happened' | 'not_happened') {
  for (;;) {
    const [asked] = await ledger.escalations({ state: 'open' })
    if (asked && (await ledger.answer({ id: asked.id, decision, by: 'ann' })).code === 'ok') return asked
    await new Promise((later) => setTimeout(later, 20))
  }
}

async function settled(): Promise<void> {
  while ((await ledger.effects({ state: 'doubt' })).length > 0) await new Promise((later) => setTimeout(later, 20))
}

const reconcile = (unsure: 'all' | 'told' | 'none') => reconcileLedger({ url: database.url, by: 'ann', unsure })
const violations = async () => (await verifyLedger(ledger)).violations

describe('a run that is unsure', () => {
  it.each([
    ['keyed', [], ['keyed a']],
    ['checked', ['checked a'], ['checked a']],
    ['checked', [], ['checked a']],
  ] as const)('does what is %s, done before: %j, without doing it twice', async (kind, before, after) => {
    const { id } = await ask(kind, 'a')
    done.push(...before)
    await ledger.lives.stop({ why: 'it went back.', by: 'w', since: (await ledger.now()) - 1_000 })
    expect(await reconcile('all')).toMatchObject({ incarnation: 2, unsure: 1, kept: [] })
    await work()
    expect((await sender.run(id).outcome()).status).toBe('completed')
    expect(done).toEqual(after)
    const kinds = (await ledger.journal({ runId: id })).map((entry) => entry.kind)
    expect(kinds.slice(2, 4)).toEqual(['begin', 'doubt'])
    expect(await violations()).toEqual([])
  })

  it.each([
    ['happened', []],
    ['not_happened', ['once a']],
  ] as const)('asks a person about what is done once; where it had %s it does %j', async (decision, after) => {
    const { id } = await ask('once', 'a')
    await reconcile('all')
    await work()
    const asked = await answered(decision)
    expect(asked.show).toContain('The ledger has lost a part')
    expect((await sender.run(id).outcome()).status).toBe('completed')
    expect(done).toEqual(after)
    expect(await violations()).toEqual([])
  })

  it('is one that was there before; what is asked for later is as ever', async () => {
    await reconcile('all')
    const { id } = await ask('once', 'a')
    await work()
    expect((await sender.run(id).outcome()).status).toBe('completed')
    expect(done).toEqual(['once a'])
  })

  it('nobody is, where nothing ran meanwhile', async () => {
    const { id } = await ask('once', 'a')
    expect(await reconcile('none')).toMatchObject({ unsure: 0, since: null })
    await work()
    await sender.run(id).outcome()
    expect(done).toEqual(['once a'])
  })
})

it('a run that is unsure since nobody knows when asks about a key that its provider may have forgotten', async () => {
  const { id } = await ask('keyed', 'a')
  await reconcile('all')
  await work()
  await answered('not_happened')
  expect((await sender.run(id).outcome()).status).toBe('completed')
  expect(done).toEqual(['keyed a'])
})

describe('a write that the ledger has lost', () => {
  it('becomes a doubt that its tool’s check clears, and keeps its key from whoever sends again', async () => {
    done.push('checked a')
    await ledger.lives.tell({ by: 'w', writes: [await lostWrite('checked', 'a'), await lostWrite('checked', 'b')] })
    expect((await toReconcile(ledger)).lost).toHaveLength(2)
    const { kept } = await reconcile('told')
    expect(kept.map(({ code }) => code)).toEqual(['doubt', 'doubt'])
    expect((await toReconcile(ledger)).lost).toEqual([])
    const again = [await ask('checked', 'a'), await ask('checked', 'b')]
    await work()
    for (const { id } of again) expect((await sender.run(id).outcome()).status).toBe('completed')
    await settled()
    expect(done).toEqual(['checked a', 'checked b'])
    expect(await violations()).toEqual([])
  })

  it('is for a person where nothing can be checked, and what they say holds for whoever sends again', async () => {
    await ledger.lives.tell({ by: 'w', writes: [await lostWrite('once', 'a')] })
    const { kept } = await reconcile('told')
    await work()
    const asked = await answered('happened')
    expect(asked).toMatchObject({ kind: 'doubt', tool: 'once', runId: kept[0]?.runId })
    await settled()
    const { id } = await ask('once', 'a')
    expect((await sender.run(id).outcome()).status).toBe('completed')
    expect(done).toEqual([])
    expect(await violations()).toEqual([])
  })

  it('is not kept again, and not where its key is taken', async () => {
    await work()
    await (await ask('checked', 'a')).outcome()
    const writes = [await lostWrite('checked', 'a')]
    await ledger.lives.tell({ by: 'w', writes })
    expect((await reconcile('told')).kept).toMatchObject([{ code: 'known' }])
    expect((await reconcile('told')).kept).toEqual([])
    expect(done).toEqual(['checked a'])
  })

  it('that a kill covers leaves claims stopped', async () => {
    await ledger.lives.tell({ by: 'w', writes: [await lostWrite('once', 'a')] })
    await ledger.engage({ scope: 'tenant:default', mode: 'end', by: 'ann' })
    await expect(reconcile('told')).rejects.toMatchObject({ code: 'unreconciled' })
    expect((await ledger.lives.standing()).stopped).not.toBeNull()
    await ledger.release({ scope: 'tenant:default', by: 'ann', jitterMs: 0 })
    expect((await reconcile('told')).kept).toMatchObject([{ code: 'doubt' }])
    expect((await ledger.lives.standing()).stopped).toBeNull()
  })
})
