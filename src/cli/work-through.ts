import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import type { RunState } from '../core/states.js'
import type { Clock } from '../core/time.js'
import type { Midwatch } from '../runtime.js'
import type { Progress } from './progress.js'

const LOOK_MS = 100
const NAP_MS = 250
/** What it called itself. */
const FOR_CHILDREN = /(^|, )(child:|map:|children)/
const LIVE: readonly RunState[] = ['queued', 'running', 'waiting']
/** So many of a run's children are looked at: of a map they come in order. */
const CHILDREN = 100
/** What only somebody else can end. */
const FOR_OTHERS = /^(person|switch|mismatch|window):/

interface Watching {
  readonly progress: Progress
  readonly stop: AbortSignal
  readonly clock: Clock
}

/**
 * Works one run, those before it in its session and those that it calls, until it has ended, or waits for what only others can do, or a
 * signal came. Answers with the run as it then is. Another worker may be quicker: then this one watches.
 */
export async function workThrough(mw: Midwatch, runId: string, watching: Watching): Promise<RunRow> {
  const { progress, stop, clock } = watching
  for (;;) {
    await progress.look()
    const run = await lastOfChain(mw.ledger, runId)
    const now = await mw.ledger.now()
    const next = await nextToWork(mw.ledger, await firstOfSession(mw.ledger, run), now)
    const inMs = (next.dueAt ?? 0) - now
    if (run.state === 'ended' || stop.aborted || (inMs > 0 && waitsForOthers(next))) {
      await progress.look()
      return run
    }
    if (next.state !== 'running' && inMs > 0) await clock.sleep(Math.min(NAP_MS, inMs), stop)
    else await advance(mw, next, watching)
  }
}

async function advance(mw: Midwatch, next: RunRow, { progress, stop, clock }: Watching): Promise<void> {
  let over = false
  const working = mw.advance(next.runId).finally(() => {
    over = true
  })
  while (!over && !stop.aborted) {
    await Promise.race([working, clock.sleep(LOOK_MS, stop)])
    await progress.look()
  }
  // After a signal the runtime is stopped, which settles what is under way.
  if (stop.aborted) return void working.catch(() => undefined)
  const { status } = await working
  if (status !== 'ended' && status !== 'parked') await clock.sleep(LOOK_MS, stop)
}

/** The run itself, or the one of its session that must end first. */
async function firstOfSession(ledger: Ledger, run: RunRow): Promise<RunRow> {
  const { session, tenant, state } = run
  if (state !== 'queued' || session === null) return run
  const live = await ledger.runs({ tenant, session, states: LIVE })
  return live.reduce((first, one) => ((one.sessionNo ?? 0) < (first.sessionNo ?? 0) ? one : first), run)
}

/** What a run waits for that it called itself, as deep as that goes; else the run. Who is due comes first. */
async function nextToWork(ledger: Ledger, run: RunRow, now: number): Promise<RunRow> {
  if (run.state !== 'waiting' || !FOR_CHILDREN.test(run.waits ?? '')) return run
  const live = await ledger.children({ runId: run.runId, states: LIVE, limit: CHILDREN })
  const due = (one: RunRow) => (one.state === 'running' ? now + NAP_MS : (one.dueAt ?? Number.POSITIVE_INFINITY))
  const [first] = live.sort((a, b) => due(a) - due(b))
  return first ? nextToWork(ledger, first, now) : run
}

function waitsForOthers({ state, waits }: RunRow): boolean {
  return state === 'waiting' && (waits ?? '').split(', ').every((one) => FOR_OTHERS.test(one))
}

/** The run, or the last of those that went on from it. */
async function lastOfChain(ledger: Ledger, runId: string): Promise<RunRow> {
  const run = await ledger.run({ runId })
  if (run) return run.continuedAs === null ? run : lastOfChain(ledger, run.continuedAs)
  throw new MidwatchError('unknown_run', `Run ${runId} is no longer in the ledger.`)
}
