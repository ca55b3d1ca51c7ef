import { appendFileSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import type { Mark } from '../../core/lives.js'
import type { BeginOp, SettleOp } from '../../core/ops.js'
import { keptHeads, NO_HEADS } from './heads.js'

const OF = {
  ...{ tenant: 't', agent: 'a', version: 1, fingerprint: 'f', session: null, principal: null },
  ...{ origin: 'r', messageKey: 'k' },
}
const MARK: Mark = { workerId: 1, startedAt: 1, beatAt: 2, life: 's/1', incarnation: 1, isSynchronous: false }
const base = { runId: 'r', fence: 1, salt: 'x', body: '{}' }

const begin = (seq: number, isWrite = true): BeginOp => ({
  ...{ ...base, kind: 'begin', seq, step: 's', attempt: 1, tool: 'pay', timeoutMs: 1, settlesMs: 0, charges: [] },
  ...(isWrite && { effect: { tool: 'pay', key: 'k', args: 'd' } }),
})
const settle = (ref: number, did: SettleOp['did']): SettleOp => ({
  ...base,
  kind: 'settle',
  seq: ref + 1,
  ref,
  did,
  used: [],
})
const ok = { code: 'ok', at: 7 } as const

let folder: string
let alarms: string[]
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'midwatch-heads-')), 'heads')
  alarms = []
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const open = (ledger = 'one') => keptHeads({ folder, ledger, alarm: (what) => alarms.push(what) })

it('writes that were granted are found by the next process, with what became of them', () => {
  const heads = open()
  heads.holds('r', OF)
  heads.applied([begin(2), begin(4, false), begin(6), begin(8)], [ok, ok, ok, { code: 'fenced', at: 7 }])
  heads.applied([settle(2, 'performed')], [ok])
  heads.mark(MARK)
  const { marks, writes } = open().known()
  expect(marks).toEqual([MARK])
  expect(writes.map(({ op, did, at }) => [op.seq, did, at])).toEqual([
    [2, 'performed', 7],
    [6, null, 7],
  ])
})

it('what is known not to have acted is left out, and so are runs and ledgers of others', () => {
  const heads = open()
  heads.applied([begin(2)], [ok])
  heads.holds('r', OF)
  heads.applied([begin(4)], [ok])
  heads.applied([settle(4, 'not_performed')], [ok])
  expect(open().known().writes).toEqual([])
  heads.applied([begin(6)], [ok])
  expect(open('other').known()).toEqual({ marks: [], writes: [] })
})

it('a line that was cut off is passed over', () => {
  const heads = open()
  heads.holds('r', OF)
  heads.applied([begin(2)], [ok])
  const [name = ''] = readdirSync(folder)
  appendFileSync(join(folder, name), '{"of":{"ten')
  expect(open().known().writes).toHaveLength(1)
})

it('keeps the last writes, not all of them', () => {
  const heads = open()
  heads.holds('r', OF)
  const body = 'x'.repeat(100_000)
  const many = LIMITS.heads_bytes / 100_000
  for (let n = 1; n <= 3 * many; n += 1) heads.applied([{ ...begin(n), body }], [ok])
  const { writes } = open().known()
  expect(writes.at(-1)?.op.seq).toBe(3 * many)
  expect(writes.length).toBeGreaterThanOrEqual(many)
  expect(writes.length).toBeLessThanOrEqual(2 * many)
})

it('what nobody has added to for long is removed', () => {
  open().mark(MARK)
  const [name = ''] = readdirSync(folder)
  const old = (Date.now() - LIMITS.heads_kept_ms) / 1_000 - 60
  utimesSync(join(folder, name), old, old)
  expect(open().known().marks).toEqual([])
  expect(readdirSync(folder)).toEqual([])
})

it('where nothing can be written they are kept in memory, and that is told once', () => {
  const heads = keptHeads({ folder: '/dev/null/heads', ledger: 'one', alarm: (what) => alarms.push(what) })
  heads.holds('r', OF)
  heads.applied([begin(2)], [ok])
  heads.mark(MARK)
  expect(heads.known()).toMatchObject({ marks: [MARK], writes: [{ op: { seq: 2 } }] })
  expect(alarms).toEqual([expect.stringContaining('a restart forgets them')])
})

it('nothing is kept of a ledger that cannot go back', () => {
  NO_HEADS.applied([begin(2)], [ok])
  expect(NO_HEADS.known()).toEqual({ marks: [], writes: [] })
})
