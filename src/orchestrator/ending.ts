import { argsDigest } from '../core/digest.js'
import { canonical, type JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { Mail } from '../core/mail.js'
import type { Successor } from '../core/ops.js'
import type { RunRow } from '../core/run-row.js'
import { scopeOf } from '../core/scope.js'
import type { EndScore } from '../core/scores.js'
import type { SessionState } from '../core/sessions.js'
import type { RunState } from '../core/states.js'
import type { AdmitBody } from './bodies.js'
import type { Book } from './book.js'
import type { Definition } from './definition.js'
import type { Engine } from './engine.js'
import type { Kin } from './kin.js'
import { summary } from './outcome.js'
import type { Ending } from './winding-down.js'
import type { Draft } from './writer.js'

/** A run that is about to end, as far as its end asks for it. */
interface Run {
  readonly engine: Engine
  readonly definition: Definition
  readonly run: RunRow
  readonly kin: Kin
  readonly book: Book
  readonly mail: readonly Mail[]
  readonly messageKey: string
  now(): number
  remainingMs(): number
}

const LIVE: readonly RunState[] = ['queued', 'running', 'waiting']

/**
 * Before a run ends, what runs below it ends: a switch on its own scope covers all of it, and each run below waits for its
 * own children first, so the deepest end first. How it will end is written down before. False once nothing lives below, or
 * when that takes too long: what is left can begin nothing, for a run above it has ended.
 */
export async function keepsWaiting(run: Run, ending: Ending): Promise<boolean> {
  const { ledger } = run.engine
  const { runId } = run.run
  if (!run.book.journal.hasCalled) return false
  const live = await ledger.children({ runId, states: LIVE, limit: 1 })
  const before = run.book.journal.ending
  if (live.length === 0 || (before !== null && run.now() > before.since + LIMITS.wind_down_ms)) return false
  if (before === null) {
    const detail = { ...ending, since: run.now() } as unknown as JsonValue
    await run.book.note({ about: 'winding_down', detail })
    await run.book.writer.flushed()
  }
  if ((await ledger.switchedRun({ runId }))?.mode !== 'end') {
    const reason = `The run above ended: ${ending.outcome.status}.`
    await ledger.engage({ scope: scopeOf.run(runId), mode: 'end', by: scopeOf.run(runId), reason })
  }
  return true
}

type Last = Ending & { readonly state?: SessionState | undefined; readonly scores: readonly EndScore[] }

/** The op that ends the run. Its open doubts are looked at again when they can be. */
export async function endOp(run: Run, { outcome, next, state, scores }: Last, body: unknown): Promise<Draft> {
  const doubts = run.book.journal.open().map((i) => i.actsUntil)
  return {
    kind: 'end',
    outcome: outcome.status,
    detail: next === undefined ? summary(outcome) : 'continued',
    ...(outcome.status === 'failed' && { owner: outcome.owner }),
    mailSeen: run.mail.at(-1)?.no ?? 0,
    dueAt: doubts.length === 0 ? null : Math.max(run.now(), Math.min(...doubts)),
    body,
    ...(state === undefined ? {} : { state }),
    ...(scores.length === 0 ? {} : { scores }),
    ...(next === undefined ? {} : { next: successorOf(run, next.input, await shareLeft(run)) }),
  }
}

/** What goes on from this run: the same pin, the same request, and within its parent's time where it has one. */
function successorOf(run: Run, input: JsonValue, share: AdmitBody['share']): Successor {
  const { definition, engine, kin, run: row } = run
  const body: AdmitBody = {
    input,
    messageKey: run.messageKey,
    ...(kin.above.length === 0 ? {} : { above: kin.above }),
    ...(share === undefined ? {} : { share }),
    ...(kin.item === undefined ? {} : { map: kin.item }),
    ...(kin.trace && { trace: kin.trace }),
  }
  const leftMs = Math.max(1, run.remainingMs())
  return {
    runId: engine.entropy.runId(),
    agent: row.agent,
    version: row.version,
    fingerprint: row.fingerprint,
    queue: row.queue,
    key: null,
    deadlineMs: row.parent === null ? definition.deadlineMs + definition.windDownMs : leftMs,
    meters: definition.meters,
    body: canonical(body),
    salt: engine.entropy.salt(),
    inputDigest: argsDigest(input),
  }
}

/** Going on as another run makes no room: what was used of a share stays used. */
async function shareLeft({ engine, kin, run }: Run): Promise<AdmitBody['share']> {
  if (kin.share === undefined) return undefined
  const { meters = run.meters } = (await engine.ledger.run({ runId: run.runId })) ?? {}
  return kin.share.map(({ meter, limit }) => ({ meter, limit: Math.max(0, limit - (meters[meter]?.used ?? 0)) }))
}
