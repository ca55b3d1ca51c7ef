import type { JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { Answer } from '../core/ops.js'
import type { Owner } from '../core/owner.js'
import type { Breach } from '../govern/breach.js'
import type { Activation } from './activation.js'
import { steadyChance } from './backoff.js'
import type { UsedUp } from './containment.js'
import { askPerson } from './escalated.js'
import type { StepRecord } from './journal.js'
import type { Next } from './next.js'
import { failed } from './result.js'

/** Why an attempt is not made now, though the run itself may. */
interface Barred {
  readonly why: 'breaker_open' | 'retry_budget'
  /** Key of the breaker and of the budget. */
  readonly key: string
  /** From when on it may be worth asking again; null: when a person says so. */
  readonly until: number | null
  readonly numbers: { readonly state: string } | UsedUp
}

/** What is barred, and for which step. */
interface Outage extends Barred {
  /** The tool, or `model`. */
  readonly name: string
  readonly args: string
}

/** What a note of an outage holds. */
interface OutageDetail {
  readonly cause: Barred['why']
  readonly breaker: string
  readonly until: number | null
  readonly since: number
  readonly stands?: string
}

/** The ledger's word that a breaker is not closed. */
export function breakerOpen({ breaker }: Answer): Barred {
  const { key = '', state = 'open', until = null } = breaker ?? {}
  return { why: 'breaker_open', key, until, numbers: { state } }
}

/** Takes a retry for the attempt that comes; what bars it once the retries of the fleet under this key are used up, or null. */
export function retryBarred(run: Activation, key: string): Barred | null {
  const usedUp = run.engine.containment.takeRetry(key)
  return usedUp && { why: 'retry_budget', key, until: run.now(), numbers: usedUp }
}

/** The endpoint is not asked now. By policy the step waits durably, by default; fails; ends the run; or a person is asked. */
export async function outage(run: Activation, record: StepRecord, o: Outage): Promise<Next> {
  const since = await noted(run, record, o)
  const policy: Breach = run.definition.policy.onOutage?.[o.name] ?? 'wait'
  if (policy === 'tell' || policy === 'end') return givenUp(run, record, o, policy)
  if (
    typeof policy === 'object' &&
    policy.verdict === 'escalate' &&
    !(await goesOnWaiting(run, record, o, policy.chain))
  )
    return givenUp(run, record, o, 'tell')
  const until = waitUntil(run, record, o, since)
  await run.wait({ step: record.id, until, waits: `${o.why === 'breaker_open' ? 'breaker' : 'retry_budget'}:${o.key}` })
  return null
}

/** Written down once for each state that it is met in; since when it is in the way. */
async function noted(run: Activation, record: StepRecord, { why, key, until, numbers, args }: Outage): Promise<number> {
  const last = record.notes.findLast(({ about }) => about === 'outage')?.detail as OutageDetail | undefined
  const before = last?.cause === why && last.breaker === key ? last : null
  const told = 'state' in numbers ? { stands: numbers.state } : numbers
  if (before && before.stands === ('state' in numbers ? numbers.state : undefined)) return before.since
  const since = before?.since ?? run.now()
  const detail = { cause: why, breaker: key, until, since, ...told }
  await run.book.note({ about: 'outage', step: record.id, args, detail })
  return since
}

/** All who wait look again when the cool-down is over, a little apart; then ever more rarely, for probes are few. */
function waitUntil(run: Activation, record: StepRecord, { until, numbers }: Barred, since: number): number {
  const now = run.now()
  if (until === null) return now + LIMITS.hold_look_ms
  const chance = steadyChance(`${run.run.runId}|${record.id}|${now}`)
  const pauseMs = Math.min(LIMITS.outage_look_most_ms, LIMITS.outage_look_ms + (now - since) / 8)
  // While probes are out nobody knows for how long.
  const from = 'state' in numbers && numbers.state === 'open' ? until : now
  return from + Math.ceil(pauseMs * (0.5 + chance))
}

/** Whose fault it is that a breaker is open. */
const ownerOfKey = (key: string): Owner => (key.startsWith('model:') ? 'provider' : 'tool')

async function givenUp(run: Activation, record: StepRecord, o: Outage, how: 'tell' | 'end'): Promise<Next> {
  const say =
    o.why === 'breaker_open'
      ? `${o.name} is not called now: its circuit breaker is not closed.`
      : `${o.name} is not tried again now: the retries of all its callers are used up.`
  const result = failed(o.why, say, ownerOfKey(o.key))
  await run.book.note({ about: 'failed', step: record.id, args: o.args, final: result })
  if (how === 'end' && result.status === 'failed') return run.finish(result)
  return { result }
}

/** Rounds from here on are questions about an outage. */
const OUTAGE_ROUNDS = 2_000

/** A person is asked once for each step; yes means to wait on. */
async function goesOnWaiting(
  run: Activation,
  record: StepRecord,
  { name, key, numbers, args }: Outage,
  chain: Extract<Breach, { verdict: 'escalate' }>['chain'],
): Promise<boolean> {
  const show = {
    question: `${name} cannot be called now (${key}). Approve to wait for it, or deny.`,
    numbers,
  } as unknown
  const asked = { kind: 'approval' as const, tool: name, args, show: show as JsonValue, chain, notBefore: null }
  const answer = await askPerson(run, record, { ...asked, round: OUTAGE_ROUNDS })
  return answer.decision === 'approve'
}
