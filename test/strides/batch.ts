import type { Charge } from '../../src/core/meters.js'
import type { BeginOp, Op, SettleOp } from '../../src/core/ops.js'
import type { RunRow } from '../../src/core/run-row.js'

/** Draws numbers below one as a seed says. */
export type Draw = (below: number) => number

export function drawOf(seed: number): Draw {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** What a batch is made of: runs as they stand, numbers, and how many in a hundred of its runs do something odd. */
export interface Making {
  readonly draw: Draw
  readonly oddness: number
  /** Counts salts, keys and steps, so that none comes twice. */
  next(): number
}

/** A batch over these runs: mostly strides, in an order of its own; now and then a run's ops lie apart. */
export function batchOf(runs: readonly RunRow[], making: Making): Op[] {
  const { draw, oddness } = making
  const groups = shuffled(runs, draw).map((run) => (draw(100) < oddness ? oddly(run, making) : stride(run, making)))
  const ops = groups.flat()
  if (draw(100) >= oddness) return ops
  // Ops of other runs come between those of one, whose order stays.
  const turns = shuffled(
    groups.flatMap((group, i) => group.map(() => i)),
    draw,
  )
  const left = groups.map((group) => [...group])
  return turns.flatMap((i) => left[i]?.splice(0, 1) ?? [])
}

function shuffled<T>(all: readonly T[], draw: Draw): T[] {
  return all
    .map((value) => ({ value, at: draw(1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

const baseOf = (run: RunRow, seq: number, { next }: Making) => {
  const salt = `salt-${next()}`
  return { runId: run.runId, fence: run.fence, seq, salt, body: `{"say":"${salt}"}` }
}

/** What is open is settled, and the next step begins; sometimes only one of the two. */
function stride(run: RunRow, making: Making): Op[] {
  const open = run.open.at(-1)
  const settle = open === undefined ? [] : [settleOf(run, open, making)]
  if (settle.length > 0 && making.draw(8) === 0) return settle
  return [...settle, beginOf(run, run.headSeq + 1 + settle.length, making)]
}

function settleOf(run: RunRow, ref: number, making: Making): SettleOp {
  const { draw } = making
  const used = Array.from({ length: draw(5) }, () => (draw(6) === 0 ? null : draw(9)))
  const did = (['performed', 'performed', 'performed', 'not_performed'] as const)[draw(4)] ?? 'performed'
  return { ...baseOf(run, run.headSeq + 1, making), kind: 'settle', ref, did, used }
}

function beginOf(run: RunRow, seq: number, making: Making): BeginOp {
  const { draw, next } = making
  const tool = `tool-${draw(2)}`
  const effect = draw(2) === 0 ? { effect: { tool, key: `key "${next()}"`, args: 'args' } } : {}
  const step = { step: `step "amount":[${next()}], é`, attempt: 1 + draw(2), tool: draw(5) === 0 ? null : tool }
  const charges = chargesOf(run, draw, null)
  const breaker = draw(4) > 0 ? {} : { breaker: `tool:breaker-${draw(3)}-${run.agent}` }
  return {
    ...baseOf(run, seq, making),
    kind: 'begin',
    ...step,
    timeoutMs: 1_000,
    settlesMs: draw(2),
    charges,
    ...effect,
    ...breaker,
  }
}

/** `limit`: of each charge, null for one so high that nothing meets it. */
function chargesOf({ tenant }: RunRow, draw: Draw, limit: number | null): Charge[] {
  const own = { at: 'run', scope: '', per: 'total' } as const
  const amount = 1 + draw(4)
  const max = limit ?? (draw(2) === 0 ? null : 1_000_000)
  const all: Charge[] = [
    { ...own, meter: 'steps', kind: 'sum', amount: 1, limit: max },
    { ...own, meter: 'usd', kind: 'sum', amount, limit: max },
    { ...own, meter: 'context_tokens', kind: 'peak', amount, limit: max },
    { at: 'shared', scope: `tenant:${tenant}`, meter: 'usd', kind: 'sum', per: 'day', amount, limit: max },
    { at: 'shared', scope: 'fleet', meter: 'calls', kind: 'level', per: 'total', amount: 1, limit: max },
    { at: 'shared', scope: 'fleet', meter: 'largest', kind: 'peak', per: 'total', amount, limit: max },
  ]
  return all.filter(() => draw(3) > 0)
}

const ODD = [
  'stale',
  'far',
  'twice',
  'key',
  'lock',
  'tight',
  'doubt',
  'again',
  'park',
  'end',
  'note',
  'failed',
  'undo',
  'wide',
] as const

/** Whatever strides must be told from. */
function oddly(run: RunRow, making: Making): Op[] {
  const { draw } = making
  const begin = beginOf(run, run.headSeq + 1, making)
  const open = run.open.at(-1)
  const settle = open === undefined ? null : settleOf(run, open, making)
  const behind = { ...begin, seq: begin.seq + (settle ? 1 : 0) }
  const led = (...ops: Op[]): Op[] => (settle ? [settle, ...ops] : ops)
  switch (ODD[draw(ODD.length)]) {
    case 'stale':
      return (settle ? [settle, behind] : [begin]).map((op) => ({ ...op, fence: op.fence - 1 }))
    case 'far':
      return [{ ...begin, seq: begin.seq + 1 }]
    case 'twice':
      return led(behind, { ...behind, salt: 'other', seq: behind.seq + 1 })
    case 'key':
      return led({ ...behind, effect: { tool: 'tool-0', key: `key-${draw(3)}`, args: `args-${draw(2)}` } })
    case 'lock':
      return led({ ...behind, locks: [`lock-${draw(3)}`] })
    case 'tight':
      return led({ ...behind, charges: chargesOf(run, draw, 6 + draw(60)) })
    case 'doubt':
      return open === undefined ? [begin] : [{ ...baseOf(run, run.headSeq + 1, making), kind: 'doubt', ref: open }]
    case 'again':
      return led({
        ...behind,
        charges: [],
        effect: { tool: 'tool-0', key: `key-${draw(3)}`, args: 'args-0', saw: { attempt: 1, evidence: 0 } },
      })
    case 'park':
      return led(parkOf(run, behind.seq, making))
    case 'end':
      return led({
        ...baseOf(run, behind.seq, making),
        kind: 'end',
        outcome: 'completed',
        detail: '',
        mailSeen: 0,
        dueAt: null,
      })
    case 'note':
      return led({ ...baseOf(run, behind.seq, making), kind: 'note', count: { steps: 1 } })
    case 'failed':
      return settle ? [{ ...settle, did: 'failed' }] : [{ ...begin, timeoutMs: 9_000_000_000_000 }]
    case 'undo':
      return led({
        ...behind,
        effect: {
          tool: 'undo',
          key: `undo-${making.next()}`,
          args: '{}',
          undoes: { tool: 'tool-0', key: `key-${draw(3)}` },
        },
      })
    default:
      return led({
        ...behind,
        charges: [{ at: 'run', scope: '', meter: `new-${draw(2)}`, kind: 'sum', per: 'total', amount: 1, limit: 9 }],
      })
  }
}

function parkOf(run: RunRow, seq: number, making: Making): Op {
  return { ...baseOf(run, seq, making), kind: 'park', waits: 'timer', dueAt: null, dueInMs: 5, mailSeen: run.mailHead }
}
