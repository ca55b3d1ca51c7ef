import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { RunRow } from '../core/run-row.js'
import { type Definition, servesKey } from '../orchestrator/definition.js'
import { flow } from '../orchestrator/flow.js'
import type { Stretch } from '../orchestrator/stretch-end.js'
import { advancedOf } from './advanced.js'

const NOW = 1_000_000
const { definition } = flow({ name: 'f', version: 1, input: z.object({}), run: async () => null })
const serves = new Map<string, Definition>([[servesKey(definition), definition]])
const { name: agent, version, fingerprint } = definition
const queued = { agent, version, fingerprint, state: 'queued', waits: null, dueAt: NOW, workerId: null, open: [] }

/** What a host hears of a run whose row is this. */
function told(row: Partial<RunRow>, stretch: Stretch | null = null, mayBegin = true) {
  const run = { ...queued, continuedAs: null, ...row } as unknown as RunRow
  return advancedOf({ ledger: { run: async () => run, now: async () => NOW }, serves, mayBegin }, 'r', stretch)
}
const parked: Stretch = { status: 'parked', waits: 'timer', dueAt: NOW + 70, keep: true }
const soon = { at: NOW + 500, inMs: 500 }

describe('a host is told', () => {
  it.each([
    ['of a run that it worked', { state: 'waiting', waits: 'timer', dueAt: NOW + 70 }, parked, 'parked', 70],
    ['of one to which something came while it parked', { state: 'waiting', dueAt: NOW - 5 }, parked, 'parked', 0],
    ['of one that waits', { state: 'waiting', waits: 'person:x', dueAt: NOW + 9_000 }, null, 'not_due', 9_000],
    ['of one that is another', { state: 'running', workerId: 7, dueAt: null }, null, 'held', 500],
    ['of one that somebody had a moment ago', {}, null, 'held', 500],
    ['of code that is elsewhere', { fingerprint: 'other' }, null, 'not_served', 30_000],
    ['of a run that it lost', { state: 'running', workerId: 7 }, { status: 'lost', code: 'fenced' }, 'lost', 500],
  ] as const)('%s', async (_, row, stretch, status, inMs) => {
    const again = { at: inMs === 0 ? row.dueAt : NOW + inMs, inMs }
    expect(await told(row as Partial<RunRow>, stretch)).toMatchObject({ status, again })
  })

  it('of one that nothing but others can wake', async () => {
    expect(await told({ state: 'waiting', dueAt: null })).toMatchObject({ status: 'not_due', again: 'when_told' })
  })

  it('that this process begins nothing now, though the run is due', async () => {
    expect(await told({}, null, false)).toMatchObject({ status: 'not_ready', again: soon })
    expect(await told({ state: 'running', workerId: 7 }, null, false)).toMatchObject({ status: 'held' })
  })

  it('of an end, and of doubts that outlast it', async () => {
    const ended = { state: 'ended', dueAt: null } as const
    expect(await told(ended)).toEqual({ status: 'ended', waits: null, again: 'never', continuedAs: null })
    expect(await told({ ...ended, continuedAs: 's' })).toMatchObject({ again: 'never', continuedAs: 's' })
    expect(await told({ ...ended, open: [4], dueAt: NOW + 60 })).toMatchObject({ again: { inMs: 60 } })
    expect(await told({ ...ended, open: [4] })).toMatchObject({ again: 'when_told' })
    expect(await told({ ...ended, open: [4], workerId: 7 })).toMatchObject({ status: 'ended', again: soon })
  })

  it('that a run is none', async () => {
    const ledger = { run: async () => null, now: async () => NOW }
    await expect(advancedOf({ ledger, serves, mayBegin: true }, 'r', null)).rejects.toMatchObject({
      code: 'unknown_run',
    })
  })
})
