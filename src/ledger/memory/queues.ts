import type { Admission } from '../../core/admission.js'
import { canonical } from '../../core/json.js'
import {
  type BoundScope,
  type LineRow,
  OVERLOAD_TOLD_MS,
  type Overload,
  PRIORITIES,
  type QueueRow,
  type Queues,
  retryAfterMs,
} from '../../core/queues.js'
import type { EpochMs } from '../../core/time.js'
import { append } from './journal.js'
import {
  count,
  isInLine,
  isSheddable,
  type Line,
  lateIn,
  partsOf,
  rateOf,
  urgencyOf,
  waitsToBegin,
} from './line-table.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

export function queuesOf(store: Store): Queues {
  return {
    setBound: async ({ scope, max, by }) => store.lines.set(scope, max === null ? null : { max, by, at: store.now() }),
    list: async () => listQueues(store),
    lines: async ({ limit }) => listLines(store).slice(0, limit),
  }
}

/** Whether there is room for one more, and who has to go for it: one for each line that is full. */
export function roomFor(store: Store, p: Admission, at: EpochMs): Overload | { readonly victims: readonly Run[] } {
  const bounded = p.parent || p.owed ? [] : store.lines.of(p)
  if (bounded.length === 0) return { victims: [] }
  const waiting = [...store.runs.pending].filter(waitsToBegin)
  const { tenant, deadlineMs } = p
  const level = PRIORITIES.indexOf(p.priority ?? 'normal')
  const victims: Run[] = []
  for (const { line, max } of bounded) {
    count(line, max, waiting, at)
    const late = lateIn(line, max, { tenant, level, deadlineMs }, waiting, at)
    const isFull = line.room <= 0 && !victims.some((run) => isInLine(line, run))
    const victim = isFull ? leastUrgent(waiting, line, level) : undefined
    if (late === null && (!isFull || victim)) {
      if (victim) victims.push(victim)
      continue
    }
    if (late) line.late += 1
    else line.refused += 1
    tellOverload(store, line, max, at)
    return late ?? { scope: line.scope, why: 'full', retryAfterMs: retryAfterMs(max - line.room, rateOf(line, at)) }
  }
  return { victims }
}

/** The youngest of the least urgent of a line that may be shed. */
function leastUrgent(waiting: readonly Run[], line: Line, below: number): Run | undefined {
  const found = waiting.filter((run) => isInLine(line, run) && isSheddable(run) && urgencyOf(run) < below)
  return found.sort((a, b) => urgencyOf(a) - urgencyOf(b) || (a.admission.runId > b.admission.runId ? -1 : 1))[0]
}

/** The places of a run that was just admitted; who goes for it is ended. */
export function takePlaces(store: Store, p: Admission, victims: readonly Run[], at: EpochMs): void {
  if (p.parent || p.owed) return
  for (const { line, max } of store.lines.of(p)) {
    const gone = victims.filter((run) => isInLine(line, run)).length
    line.admitted += 1
    line.shed += gone
    line.room += gone - 1
    if (gone > 0) tellOverload(store, line, max, at)
  }
  for (const run of victims) shed(store, run, p.runId, at)
}

function tellOverload(store: Store, line: Line, max: number, at: EpochMs): void {
  if (line.toldAt !== null && line.toldAt > at - OVERLOAD_TOLD_MS) return
  line.toldAt = at
  store.leave('overload', line.kind === 'tenant' ? line.name : null, { max, scope: line.scope }, at)
}

const SHED = {
  ...{ status: 'refused', reason: 'policy', rule: 'overloaded' },
  say: 'What is more urgent took its place in a full queue; it had not begun.',
} as const

/** Ends a run that has not begun, as refused. */
function shed(store: Store, run: Run, by: string, at: EpochMs): void {
  const facts = { outcome: 'refused', mailSeen: run.mail.length, dueAt: null, shedFor: by }
  append(store, run, at, { kind: 'end', facts, body: canonical({ outcome: SHED }), salt: '' })
  Object.assign(run, { state: 'ended', waits: null, outcome: 'refused', detail: 'policy', endedAt: at })
  run.mailSeen = run.mail.length
  store.drift.waiting.add(run)
  store.runs.letGo(run, null)
  store.wakes.tell('ended', run.admission.runId)
}

function listQueues(store: Store): QueueRow[] {
  const now = store.now()
  const waiting = [...store.runs.pending].filter(waitsToBegin)
  const workers = store.workers.alive(now)
  const names = new Set([
    ...waiting.map(({ admission }) => admission.queue),
    ...workers.flatMap(({ queues }) => [...queues]),
    ...[...store.lines.bounds.keys()].flatMap((s) => (s.startsWith('queue:') && s !== 'queue:*' ? [s.slice(6)] : [])),
  ])
  return [...names].sort().map((queue) => {
    const here = waiting.filter(({ admission }) => admission.queue === queue)
    const oldestAt = here.length === 0 ? null : Math.min(...here.map(({ createdAt }) => createdAt))
    const servedBy = new Set(workers.filter(({ queues }) => queues.has(queue)).map(({ name }) => name))
    return { queue, waiting: here.length, oldestAt, servedBy: [...servedBy].sort() }
  })
}

function listLines(store: Store): LineRow[] {
  const now = store.now()
  const { bounds, lines } = store.lines
  const scopes = [...new Set<BoundScope>([...lines.keys(), ...bounds.keys()])].sort()
  const rows = scopes.flatMap((scope): LineRow[] => {
    const bound = store.lines.boundOn(scope)
    if (!bound) return []
    const line = lines.get(scope)
    const [kind, name] = partsOf(scope)
    const waiting = [...store.runs.pending].filter((run) => waitsToBegin(run) && run.admission[kind] === name).length
    const { refused = 0, late = 0, shed: gone = 0 } = line ?? {}
    return [{ scope, ...bound, waiting, refused, late, shed: gone, rate: line ? rateOf(line, now) : null }]
  })
  const turnedAway = (row: LineRow) => row.refused + row.late + row.shed
  return rows.sort((a, b) => turnedAway(b) - turnedAway(a))
}
