import { LIMITS } from '../core/limits.js'
import type { WriteOf } from '../core/lives.js'
import type { Claimed } from '../core/run-row.js'
import { check } from '../tools/schema.js'
import { Activation } from './activation.js'
import { Branch } from './branch.js'
import { isSuspect } from './deaths.js'
import type { Definition } from './definition.js'
import type { Engine } from './engine.js'
import { enterSession } from './enter-session.js'
import { waitsForSwitch } from './held.js'
import { bodyOf } from './map-item.js'
import { tellCode } from './moved.js'
import { reconcile } from './reconcile.js'
import { recoverLost } from './recover.js'
import { noteReopened } from './scores/reopened.js'
import type { Stretch } from './stretch-end.js'
import { markAlone } from './suspects.js'
import { tellStretch } from './tell-stretch.js'
import { windDown } from './wind-down.js'
import type { WindingDown } from './winding-down.js'

/** One stretch of work on a run: from a claim until it parks, ends or is lost. */
export interface Work {
  readonly activation: Activation
  readonly over: Promise<Stretch>
}

/**
 * Takes up a claimed run: in the activation that is kept for it, where that still fits, else from its journal. One that workers
 * died over waits for its turn.
 */
export async function takeUp(
  engine: Engine,
  definition: Definition,
  claimed: Claimed,
  kept?: Activation,
): Promise<Work> {
  engine.time.observe(claimed.at)
  const fits = kept !== undefined && kept.definition === definition && kept.fits(claimed)
  const activation = fits ? kept : await Activation.open(engine, definition, claimed)
  if (fits) await kept.renew(claimed)
  const { run, journal } = activation
  const isTried = isSuspect(journal.deaths, run.claims) && run.state !== 'ended' && !isCrashLoop(activation, claimed)
  return isTried ? takeUpAlone(activation, claimed) : begun(activation, claimed, fits)
}

/** The same once it is the run's turn, from its journal as it is then. */
async function takeUpAlone(waited: Activation, claimed: Claimed): Promise<Work> {
  const { engine, definition } = waited
  const done = await engine.suspects.turn()
  try {
    const marked = await markAlone(engine, claimed)
    if (marked === null) {
      done()
      return { activation: waited, over: Promise.resolve({ status: 'lost', code: 'fenced' }) }
    }
    const activation = await Activation.open(engine, definition, marked)
    activation.attempts.onClosed = done
    const { over } = begun(activation, marked, false)
    return { activation, over: over.finally(done) }
  } catch (error) {
    done()
    throw error
  }
}

function begun(activation: Activation, claimed: Claimed, isKept: boolean): Work {
  activation.engine.heads.holds(activation.run.runId, writesOf(activation))
  const told = tellStretch(activation, claimed, isKept)
  const over = workOn(activation, claimed)
  return { activation, over: told === null ? over : over.then((stretch) => tell(stretch, told)) }
}

/** What an effect of the run must be known by, should the ledger forget that it was begun. */
function writesOf({ run, messageKey }: Activation): WriteOf {
  const { tenant, agent, version, fingerprint, session, principal, origin } = run
  return { tenant, agent, version, fingerprint, session, principal, origin, messageKey }
}

const tell = (stretch: Stretch, told: (stretch: Stretch) => void): Stretch => {
  told(stretch)
  return stretch
}

/** What a claim finds is dealt with in this order: the end, a crash loop, a kill, the deadline, a hold; then the work. */
function workOn(run: Activation, claimed: Claimed): Promise<Stretch> {
  const { switched } = claimed
  const over = run.over()
  const isLoop = isCrashLoop(run, claimed)
  recoverLost(run)
  if (claimed.run.state === 'ended') reconcile(run).catch((error) => run.drop(error))
  else if (run.journal.ending) goOnEnding(run, run.journal.ending, switched, isLoop)
  else if (isLoop) void run.finish(crashLoop(run, claimed))
  else if (switched?.mode === 'end') void run.finish({ status: 'killed', scope: switched.scope, by: switched.by })
  // Before a hold: what is parked beyond its deadline is due at once, and would be taken up and held without end.
  else if (run.remainingMs() <= 0) void run.pastDeadline()
  else if (switched) void run.holdBack(waitsForSwitch(switched.scope))
  else {
    run.watchDeadline()
    tellCode(run)
    run.work(() => start(run))
  }
  return over
}

/**
 * A run that had begun to end. Its wind-down is stopped by a kill, a crash loop and its deadline: what remains is told then. Of a
 * run that was killed it is but a question, which no kill takes away.
 */
function goOnEnding(run: Activation, ending: WindingDown, switched: Claimed['switched'], isLoop: boolean): void {
  const isKilled = switched?.mode === 'end' && ending.outcome.status !== 'killed'
  const isOver = isKilled || isLoop || run.remainingMs() <= 0
  if (run.unwinding === null || isOver) return void run.finish(ending.outcome)
  if (switched?.mode === 'hold') return void run.holdBack(waitsForSwitch(switched.scope))
  run.watchDeadline()
  run.work(() => windDown(run, ending))
}

/** It crashed its workers while nothing else could have, or this one cannot bring it to rest. */
const isCrashLoop = ({ journal }: Activation, { dropped = 0 }: Claimed): boolean =>
  journal.deaths.alone >= LIMITS.deaths_alone || dropped >= LIMITS.drops_without_rest

const crashLoop = ({ journal: { deaths }, run }: Activation, { dropped = 0 }: Claimed) => ({
  status: 'failed' as const,
  code: 'crash_loop',
  owner: 'orchestration' as const,
  message:
    deaths.alone < LIMITS.deaths_alone
      ? `A worker took it up and dropped it ${dropped} times: it cannot be brought to rest.`
      : `${Math.max(deaths.count, run.claims - 1)} workers died over it, ${deaths.alone} of them while they tried it alone, and none lived through a step of it: it crashes them.`,
})

/** Calls the flow's function; for an item of a map what the map does with it. */
async function start(run: Activation): Promise<unknown> {
  if (run.kin.item) {
    const body = await bodyOf(run, start)
    return body === null ? run.misfit(run.kin.item.step) : body(new Branch(run), run.input)
  }
  const input = await check(run.definition.input, run.input)
  if (!input.ok && run.journal.code !== null) return run.misfit('input')
  if (!input.ok)
    return run.finish({ status: 'failed', code: 'invalid_input', owner: 'orchestration', message: input.issues })
  const branch = new Branch(run)
  await noteReopened(run)
  await enterSession(run, branch)
  return run.definition.run(branch, input.value)
}
