import { MidwatchError } from '../core/errors.js'
import type { Ledger, RunRow } from '../core/ledger.js'
import type { Clock } from '../core/time.js'
import type { Midwatch } from '../runtime.js'
import type { Progress } from './progress.js'

const LOOK_MS = 100
const NAP_MS = 250
/** What only somebody else can end. */
const FOR_OTHERS = /^(person|switch|mismatch|window):/

interface Watching {
  readonly progress: Progress
  readonly stop: AbortSignal
  readonly clock: Clock
}

/**
 * Works one run, and those before it in its session, until it has ended, or waits for what only others can do, or a
 * signal came. Answers with the run as it then is. Another worker may be quicker: then this one watches.
 */
export async function workThrough(mw: Midwatch, runId: string, watching: Watching): Promise<RunRow> {
  const { progress, stop, clock } = watching
  for (;;) {
    await progress.look()
    const run = await rowOf(mw.ledger, runId)
    const next = await firstOfSession(mw.ledger, run)
    const inMs = (next.dueAt ?? 0) - (await mw.ledger.now())
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
  if (status === 'not_due' || status === 'lost') await clock.sleep(LOOK_MS, stop)
}

/** The run itself, or the one of its session that must end first. */
async function firstOfSession(ledger: Ledger, run: RunRow): Promise<RunRow> {
  const { session, tenant, state } = run
  if (state !== 'queued' || session === null) return run
  const live = await ledger.runs({ tenant, session, states: ['queued', 'running', 'waiting'] })
  return live.reduce((first, one) => ((one.sessionNo ?? 0) < (first.sessionNo ?? 0) ? one : first), run)
}

function waitsForOthers({ state, waits }: RunRow): boolean {
  return state === 'waiting' && (waits ?? '').split(', ').every((one) => FOR_OTHERS.test(one))
}

async function rowOf(ledger: Ledger, runId: string): Promise<RunRow> {
  const run = await ledger.run({ runId })
  if (run) return run
  throw new MidwatchError('unknown_run', `Run ${runId} is no longer in the ledger.`)
}
