import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Midwatch } from '../runtime.js'
import { scriptedModel } from '../testing/index.js'
import { manualClock } from '../testing/manual-clock.js'
import { agent } from './agent.js'
import { flow } from './flow.js'
import { type Run, RunHandle, Wakes } from './handle.js'
import { LiveText } from './live-text.js'

let hand: ByHand
beforeEach(() => {
  hand = new ByHand()
})
afterEach(() => hand.stop())

const napping = flow({ name: 'napping', version: 1, input: z.object({}), run: (ctx) => ctx.sleep('1h') })
const short = flow({
  name: 'short',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    await ctx.sleep('1s')
    return 'done'
  },
})
const quick = flow({ name: 'quick', version: 1, input: z.object({}), run: async () => ({ rested: [1] }) })

it('gives every entry once, in order, until the run has ended', async () => {
  const mw = await hand.runtime([short])
  const run = await mw.start(short, { input: {} })
  const seen: bigint[] = []
  let over = false
  void (async () => {
    for await (const event of run.events()) seen.push(event.seq)
    over = true
  })()
  await hand.until(() => over)
  const head = (await hand.ledger.run({ runId: run.id }))?.headSeq ?? 0
  expect(seen).toEqual(Array.from({ length: head }, (_, n) => BigInt(n + 1)))
})

it('gives entries from a position on, of a run that has ended, and none beyond its end', async () => {
  const mw = await hand.runtime([short])
  const run = await mw.start(short, { input: {} })
  await hand.outcome(mw, run.id)
  const seen = async (from: bigint) => {
    const kinds: string[] = []
    for await (const event of run.events(from)) kinds.push(event.kind)
    return kinds
  }
  const all = await seen(1n)
  expect(all[0]).toBe('admit')
  expect(all.at(-1)).toBe('end')
  expect(await seen(BigInt(all.length))).toEqual(['end'])
  expect(await seen(BigInt(all.length + 5))).toEqual([])
})

it('waits for a ledger that is away, and throws for a run that is not there', async () => {
  let left = 0
  hand = new ByHand((ledger) => ({
    ...ledger,
    run: (p) => {
      left -= 1
      return left >= 0 ? Promise.reject(new MidwatchError('ledger_away', 'away')) : ledger.run(p)
    },
  }))
  const mw = await hand.runtime([short])
  const run = await mw.start(short, { input: {} })
  left = 3
  expect(await hand.outcome(mw, run.id)).toEqual({ status: 'completed', output: 'done' })
  await expect(mw.run('01900000-0000-7000-8000-000000000000').outcome()).rejects.toMatchObject({ code: 'unknown_run' })
})

it.each(['run', 'journal'] as const)('gives every entry also when the ledger is away for a while: %s', async (verb) => {
  let left = 0
  const away =
    <P, R>(ask: (p: P) => Promise<R>) =>
    (p: P): Promise<R> => {
      left -= 1
      return left >= 0 ? Promise.reject(new MidwatchError('ledger_away', 'away')) : ask(p)
    }
  hand = new ByHand((ledger) =>
    verb === 'run' ? { ...ledger, run: away(ledger.run) } : { ...ledger, journal: away(ledger.journal) },
  )
  const mw = await hand.runtime([short])
  const run = await mw.start(short, { input: {} })
  await hand.outcome(mw, run.id)
  left = 3
  const kinds: string[] = []
  let over = false
  void (async () => {
    for await (const { kind } of run.events()) kinds.push(kind)
    over = true
  })()
  await hand.until(() => over)
  expect(left).toBeLessThan(0)
  expect([kinds[0], kinds.at(-1)]).toEqual(['admit', 'end'])
})

it('does not wait for what will not come back: events throw a fault that lasts', async () => {
  hand = new ByHand((ledger) => ({
    ...ledger,
    journal: (p) => (p.from === 7 ? Promise.reject(new MidwatchError('ledger_refused', 'no')) : ledger.journal(p)),
  }))
  const mw = await hand.runtime([short])
  const run = await mw.start(short, { input: {} })
  const events = run.events(7n)[Symbol.asyncIterator]()
  await expect(events.next()).rejects.toMatchObject({ code: 'ledger_refused' })
})

/** A ledger that counts its reads, and what was read so far by two who waited for `quick`. */
async function readsOf(wait: (mw: Midwatch) => Promise<Run<unknown>>): Promise<string[]> {
  const reads: string[] = []
  hand = new ByHand((ledger) => ({
    ...ledger,
    run: (p) => {
      reads.push('run')
      return ledger.run(p)
    },
    journal: (p) => {
      reads.push('journal')
      return ledger.journal(p)
    },
  }))
  const mw = await hand.runtime([quick])
  const run = await wait(mw)
  const outcomes: unknown[] = []
  for (let n = 0; n < 2; n += 1) void run.outcome().then((outcome) => outcomes.push(outcome))
  await hand.until(() => outcomes.length === 2, 100)
  expect(outcomes).toEqual(Array(2).fill({ status: 'completed', output: { rested: [1] } }))
  expect(outcomes[0]).not.toBe(outcomes[1])
  return reads
}

it('reads nothing to wait for a run that this process has just started and works to its end', async () => {
  const reads = await readsOf((mw) => mw.start(quick, { input: {} }))
  expect(reads).toEqual([])
})

it('looks for the end of a run that was started before', async () => {
  const reads = await readsOf(async (mw) => mw.run((await mw.start(quick, { input: {} })).id))
  expect(reads.filter((read) => read === 'run')).toHaveLength(2)
})

it('looks at once where a wake came before anybody listened', async () => {
  const wakes = new Wakes()
  wakes.tell({ kind: 'ended', name: 'early' })
  for (let n = 0; n < 1_023; n += 1) wakes.tell({ kind: 'ended', name: `${n}` })
  expect([wakes.spokeOf('early'), wakes.spokeOf('late')]).toEqual([true, false])
  wakes.tell({ kind: 'due', name: 'one more' })
  expect(wakes.spokeOf('early')).toBe(false)
})

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) text += new TextDecoder().decode(chunk)
  return text
}

it('streams a run as UI messages: live text, the outcome, the end', async () => {
  const model = scriptedModel({
    replies: [{ text: 'I say so.', toolCalls: [{ name: 'complete', input: { ok: true } }] }],
  })
  const a = agent({
    ...{ name: 'a', version: 1, model, input: z.object({}), outcome: z.object({ ok: z.boolean() }) },
    ...{ instructions: 'Say so.', tools: [] },
  })
  const mw = await hand.runtime([a])
  const run = await mw.start(a, { input: {} })
  let text = ''
  void textOf(run.uiMessageStream()).then((t) => {
    text = t
  })
  await hand.until(() => text !== '')
  const parts = text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)))
  const types = parts.map((p: { type: string }) => p.type).filter((t, i, all) => t !== all[i - 1])
  expect(types).toEqual(['start', 'text-start', 'text-delta', 'text-end', 'data-outcome', 'finish'])
  const said = parts.filter((p: { type: string }) => p.type === 'text-delta').map((p: { delta: string }) => p.delta)
  expect(said.join('')).toBe('I say so.')
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})

it('reads no journal any more for a listener who went away', async () => {
  let reads = 0
  hand = new ByHand((ledger) => ({
    ...ledger,
    journal: (p) => {
      reads += 1
      return ledger.journal(p)
    },
  }))
  const mw = await hand.runtime([napping])
  const run = await mw.start(napping, { input: {} })
  const reader = run.uiMessageStream().getReader()
  await reader.read()
  await hand.until(async () => (await hand.ledger.run({ runId: run.id }))?.state === 'waiting')
  await reader.cancel()
  await hand.clock.advance(1_000)
  const before = reads
  await hand.clock.advance(10_000)
  expect(reads).toBe(before)
})

it('asks nobody about a run that this process works, and looks again once it no longer does', async () => {
  const clock = manualClock()
  let isHere = true
  let looks = 0
  const ledger = {
    run: async () => {
      looks += 1
      return null
    },
  } as unknown as Ledger
  const ports = { ledger, clock, wakes: new Wakes(), live: new LiveText(), isWorkedHere: () => isHere }
  const outcome = new RunHandle('r1', ports, clock.monotonic()).outcome().catch(({ code }) => code)
  for (let polls = 0; polls < 4; polls += 1) await clock.advance(LIMITS.poll_ms)
  expect(looks).toBe(0)
  isHere = false
  await clock.advance(LIMITS.poll_ms)
  expect(await outcome).toBe('unknown_run')
  expect(looks).toBe(1)
})
