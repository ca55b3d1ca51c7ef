import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Ledger } from '../../src/core/ledger.js'
import { agent } from '../../src/orchestrator/agent.js'
import { flow } from '../../src/orchestrator/flow.js'
import { scriptedModel } from '../../src/testing/index.js'
import { tool } from '../../src/tools/tool.js'
import { LEDGERS } from '../runtime-on.js'
import { desk, done, entriesOf, message } from '../ways-out/scene.js'
import { stage } from '../ways-out/stage.js'

const SCOPES = ['fleet', 'tenant', 'agent', 'tool', 'session', 'run'] as const
type Kind = (typeof SCOPES)[number]

/** A signal that is given once. */
function signal() {
  let give: () => void = () => undefined
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { give, given }
}

/** A call that hangs until it is let go, or aborted: how often each happened. */
function hanging(name: string) {
  const seen = { begun: 0, aborted: 0 }
  const begun = signal()
  const letGo = signal()
  const hang = tool({
    name,
    description: 'Hangs.',
    input: z.object({}),
    effect: 'read',
    timeout: '20s',
    execute: async (_input, call) => {
      seen.begun += 1
      begun.give()
      const cut = new Promise<never>((_, reject) =>
        call.signal.addEventListener('abort', () => {
          seen.aborted += 1
          reject(call.signal.reason)
        }),
      )
      await Promise.race([letGo.given, cut])
      return 'went on'
    },
  })
  return { hang, seen, begun: begun.given, letGo: letGo.give }
}

describe.each(LEDGERS)('a kill switch on the %s ledger', (kind) => {
  const on = stage(kind)

  /** A run that hangs in a call, the switch scope of each kind that covers it, and its tool. */
  async function hung() {
    const { hang, ...call } = hanging(on.name('hang'))
    const [tenant, session] = [on.name('tenant'), 's']
    const f = flow({ name: on.name('f'), version: 1, input: z.object({}), run: (ctx) => ctx.tool(hang, {}) })
    const mw = await on.runtime({ run: [f] })
    const run = await mw.start(f, { input: {}, tenant, session })
    await call.begun
    const scopes: Record<Kind, string> = {
      fleet: 'fleet',
      tenant: `tenant:${tenant}`,
      agent: `agent:${f.name}`,
      tool: `tool:${hang.name}`,
      session: `session:${tenant}/${session}`,
      run: `run:${run.id}`,
    }
    return { mw, f, run, scopes, tenant, ...call }
  }

  it.each(SCOPES)('of %s scope holds: what is under way is aborted, and a release lets it go on', async (scope) => {
    const { run, scopes, seen, letGo } = await hung()
    await on.ledger.engage({ scope: scopes[scope], mode: 'hold', by: 'op' })
    const parked = await on.until(run.id, (r) => r.state === 'waiting' && (r.waits ?? '').startsWith('switch:'))
    expect(parked.waits).toBe(`switch:${scopes[scope]}`)
    expect(seen).toEqual({ begun: 1, aborted: 1 })
    letGo()
    await on.ledger.release({ scope: scopes[scope], by: 'op', jitterMs: 0 })
    expect(await run.outcome()).toEqual({ status: 'completed', output: 'went on' })
    expect(seen.begun).toBe(2)
  })

  it.each(SCOPES)('of %s scope ends: the run ends as killed, by whom and in which scope', async (scope) => {
    const { run, scopes, seen } = await hung()
    await on.ledger.engage({ scope: scopes[scope], mode: 'end', by: 'op' })
    expect(await run.outcome()).toEqual({ status: 'killed', scope: scopes[scope], by: 'op' })
    expect(seen).toEqual({ begun: 1, aborted: 1 })
    await on.ledger.release({ scope: scopes[scope], by: 'op', jitterMs: 0 })
  })

  it('of another tenant, agent, tool, session or run does nothing to this one', async () => {
    const { run, seen, letGo } = await hung()
    const others = ['tenant:other', 'agent:other', 'tool:other', 'session:other/s', 'run:other']
    for (const scope of others) await on.ledger.engage({ scope, mode: 'end', by: 'op' })
    letGo()
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(seen).toEqual({ begun: 1, aborted: 0 })
    for (const scope of others) await on.ledger.release({ scope, by: 'op', jitterMs: 0 })
  })

  it('lets nothing begin while it holds: a run that comes later parks before its first step', async () => {
    const { mw, f, run, scopes, seen, letGo, tenant } = await hung()
    await on.ledger.engage({ scope: scopes.agent, mode: 'hold', by: 'op' })
    const later = await mw.start(f, { input: {}, tenant })
    await on.until(later.id, (r) => r.state === 'waiting')
    expect(await entriesOf(on.ledger, later.id, 'begin')).toEqual([])
    letGo()
    await on.ledger.release({ scope: scopes.agent, by: 'op', jitterMs: 0 })
    for (const one of [run, later]) expect(await one.outcome()).toMatchObject({ status: 'completed' })
    expect(seen.begun).toBe(3)
  })

  it('holds a model call too: it is cut, and asked again after the release', async () => {
    const thinking = signal()
    const asked = scriptedModel({
      replies: ({ call }) => {
        if (call > 1) return done
        thinking.give()
        return { fault: 'timeout' }
      },
    })
    const a = agent({ ...desk(on.name('a'), asked), tools: [] })
    const mw = await on.runtime({ run: [a] })
    const run = await mw.start(a, { input: message })
    await thinking.given
    const scope = `agent:${a.name}`
    await on.ledger.engage({ scope, mode: 'hold', by: 'op' })
    await on.until(run.id, (r) => r.state === 'waiting' && r.waits === `switch:${scope}`)
    await on.ledger.release({ scope, by: 'op', jitterMs: 0 })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
    expect(asked.requests).toHaveLength(2)
    // What the cut call had used is not known: it is charged at its reservation.
    const [[begin], [cut]] = await Promise.all([
      entriesOf(on.ledger, run.id, 'begin'),
      entriesOf(on.ledger, run.id, 'settle'),
    ])
    const usd = begin?.facts.charges?.findIndex((charge) => charge.meter === 'usd') ?? -1
    expect(cut?.facts.did).toBe('failed')
    expect(cut?.facts.used?.[usd]).toBe(begin?.facts.charges?.[usd]?.amount)
  })

  it('stops a call whose begin was granted before it and heard of after it', async () => {
    const { hang, seen, letGo } = hanging(on.name('hang'))
    const f = flow({ name: on.name('f'), version: 1, input: z.object({}), run: (ctx) => ctx.tool(hang, {}) })
    const slow = heldBack(on.ledger, 'begin')
    const mw = await on.runtime({ run: [f] }, { ledger: slow.ledger })
    const run = await mw.start(f, { input: {} })
    await slow.reached
    const scope = `agent:${f.name}`
    await on.ledger.engage({ scope, mode: 'hold', by: 'op' })
    await slow.bitten
    slow.letGo()
    await on.until(run.id, (r) => r.state === 'waiting')
    expect(seen.begun).toBe(0)
    letGo()
    await on.ledger.release({ scope, by: 'op', jitterMs: 0 })
    expect(await run.outcome()).toMatchObject({ status: 'completed' })
  })

  it('ends a run that was parking when it came', async () => {
    const f = flow({
      name: on.name('f'),
      version: 1,
      input: z.object({}),
      run: async (ctx) => ctx.ask({ question: '?', to: 'op', within: '1h', answer: z.string(), otherwise: 'none' }),
    })
    const slow = heldBack(on.ledger, 'park')
    const mw = await on.runtime({ run: [f] }, { ledger: slow.ledger })
    const run = await mw.start(f, { input: {} })
    await slow.reached
    const scope = `agent:${f.name}`
    await on.ledger.engage({ scope, mode: 'end', by: 'op' })
    await slow.bitten
    // What the kill set going has come to rest: the run cannot end while its park is on its way.
    for (const _ of [1, 2]) await new Promise((turn) => setImmediate(turn))
    slow.letGo()
    expect(await run.outcome()).toEqual({ status: 'killed', scope, by: 'op' })
    await on.ledger.release({ scope, by: 'op', jitterMs: 0 })
  })
})

/**
 * A ledger whose first answer to an op of one kind is under way until it is let go; claims wait for it. `bitten`: the worker
 * has read an engaged switch, and has done with it.
 */
function heldBack(ledger: Ledger, kind: 'begin' | 'park') {
  const [reached, go, bitten] = [signal(), signal(), signal()]
  let held = false
  let engaged = false
  const wrapped: Ledger = {
    ...ledger,
    apply: async (ops) => {
      const answers = await ledger.apply(ops)
      if (!held && ops.some((op) => op.kind === kind)) {
        held = true
        reached.give()
        await go.given
      }
      return answers
    },
    claim: async (p) => {
      if (held) await go.given
      return ledger.claim(p)
    },
    switches: async () => {
      const rows = await ledger.switches()
      engaged = rows.some((row) => row.engaged)
      return rows
    },
    // Read at the end of each look, once what is switched off was aborted.
    ceilings: async () => {
      if (engaged) bitten.give()
      return ledger.ceilings()
    },
  }
  return { ledger: wrapped, reached: reached.given, letGo: go.give, bitten: bitten.given }
}
