import { argsDigest } from '../../core/digest.js'
import { canonical, type JsonValue } from '../../core/json.js'
import type { RunRow } from '../../core/run-row.js'
import type { Outcome } from '../../core/states.js'
import { isSampled } from '../../govern/scores/sample.js'
import type { Definition } from '../definition.js'
import type { Engine } from '../engine.js'
import type { Kin } from '../kin.js'
import { tellAdmitted } from '../tell-admitted.js'

/** What a scoring run is asked: the run to be scored, and by which scorers. */
export interface ScoringInput {
  readonly run: string
  readonly scores: readonly string[]
}

/** A run whose outcome may be scored. */
export interface Scorable {
  readonly engine: Engine
  readonly definition: Definition
  readonly run: RunRow
  readonly kin: Kin
}

/**
 * Admits the run in which models score this one, before its end is written: whoever dies in between leaves nothing out, for the
 * run is taken up again and admits it again, under the same key. It waits until this one has ended.
 */
export async function admitScoring(run: Scorable, outcome: Outcome<JsonValue>): Promise<void> {
  const { definition, engine, run: row } = run
  const { companion, scores } = definition
  const sampled = (scores?.verifiers ?? []).filter(
    ({ name, share, on }) => on.includes(outcome.status) && isSampled(row.runId, name, share),
  )
  if (companion === null || sampled.length === 0) return
  const input: ScoringInput = { run: row.runId, scores: sampled.map(({ name }) => name) }
  const wire = input as unknown as JsonValue
  const admission = {
    ...{ runId: engine.entropy.runId(), tenant: row.tenant, agent: companion.name, version: companion.version },
    ...{ fingerprint: companion.fingerprint, queue: row.queue, key: `score:${row.runId}` },
    ...{ session: null, principal: row.principal, origin: null, priority: row.priority, owed: true },
    ...{ deadlineMs: companion.deadlineMs, meters: companion.meters },
    body: canonical({ input: wire, ...(run.kin.trace && { trace: run.kin.trace }) }),
    salt: engine.entropy.salt(),
    inputDigest: argsDigest(wire),
  }
  const { code, runId } = await engine.ledger.admit(admission)
  tellAdmitted(engine.observers, { ...admission, runId }, 'scored', code === 'ok')
}
