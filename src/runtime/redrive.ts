import { argsDigest } from '../core/digest.js'
import { MidwatchError } from '../core/errors.js'
import { type Entropy, systemEntropy } from '../core/ids.js'
import { canonical } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'
import { type AdmitBody, readBody } from '../orchestrator/bodies.js'
import type { Definition } from '../orchestrator/definition.js'
import { mustBeAdmitted } from '../orchestrator/not-admitted.js'
import { check } from '../tools/schema.js'

export interface Redriven {
  readonly runId: string
  /** First run of the lineage. */
  readonly origin: string
  readonly version: number
  /** False where it had been made before under the same key. */
  readonly isNew: boolean
}

/**
 * Admits a new run for the work of an ended one: same input, same origin and request key, so that what was done before is
 * not done again. `definition` is what serves it now; without one it is pinned to the version that the ended run had. Asked
 * again under the same `key` it is the same new run.
 * Throws `unknown_run`, `not_ended` (the run, or its last redrive, still goes on), `invalid_input` (erased, or it does not
 * fit the definition any more), `session_closed`, `session_sequenced`, `overloaded`.
 */
export async function redrive(
  ledger: Ledger,
  runId: string,
  definition: Definition | null,
  { key = null, entropy = systemEntropy }: { readonly key?: string | null; readonly entropy?: Entropy } = {},
): Promise<Redriven> {
  const run = await ledger.run({ runId })
  if (!run) throw new MidwatchError('unknown_run', `There is no run ${runId}; 'midwatch ps --all' lists them.`)
  if (run.state !== 'ended') throw notEnded(run, `Run ${runId} has not ended (${run.state})`)
  const body = { ...(await requestOf(ledger, run, definition)), ...(key !== null && { redriveKey: key }) }
  for (let n = 1; ; n += 1) {
    const admission = {
      ...pinOf(run, definition),
      runId: entropy.runId(),
      key: `${runId}:redrive:${n}`,
      salt: entropy.salt(),
    }
    const admitted = await ledger.admit({ ...admission, body: canonical(body), inputDigest: argsDigest(body.input) })
    if (admitted.code === 'ok') {
      return { runId: admitted.runId, origin: run.origin, version: admission.version, isNew: true }
    }
    // Its session may take nothing more, whatever the key: another key would be refused alike.
    if (admitted.code !== 'existing' && admitted.code !== 'conflict') {
      mustBeAdmitted(admitted, { input: body.input, ...(run.session !== null && { session: run.session }) })
    }
    const before = await ledger.run({ runId: admitted.runId })
    if (before && key !== null && (await keyOf(ledger, before)) === key) {
      return { runId: before.runId, origin: run.origin, version: before.version, isNew: false }
    }
    if (before && before.state !== 'ended') {
      throw notEnded(before, `It was redriven before, as run ${before.runId}, which has not ended (${before.state})`)
    }
  }
}

/** Under which key a redriven run was asked for. */
async function keyOf(ledger: Ledger, { runId }: RunRow): Promise<string | undefined> {
  const [first] = await ledger.journal({ runId, from: 1, limit: 1 })
  return readBody<AdmitBody>(first?.body ?? null).redriveKey
}

/** The input and the key of the request that the lineage began with. */
async function requestOf(ledger: Ledger, run: RunRow, definition: Definition | null): Promise<AdmitBody> {
  const [first] = await ledger.journal({ runId: run.runId, from: 1, limit: 1 })
  const { input, messageKey = run.key ?? run.origin, map } = readBody<AdmitBody>(first?.body ?? null)
  if (map !== undefined) {
    const whole = `redrive that: midwatch redrive ${run.parent?.runId ?? ''}`
    throw new MidwatchError('invalid_input', `Run ${run.runId} is one item of a run's batch; ${whole}.`)
  }
  if (input === undefined) {
    throw new MidwatchError('invalid_input', `The input of run ${run.runId} was erased; start a new run with it.`)
  }
  const fits = definition ? await check(definition.input, input) : null
  if (fits && !fits.ok) {
    throw new MidwatchError('invalid_input', `The input of run ${run.runId} does not fit any more: ${fits.issues}.`)
  }
  return { input, messageKey }
}

function pinOf(run: RunRow, definition: Definition | null) {
  const { tenant, agent, queue, priority, session, principal, origin } = run
  const { version, fingerprint, deadlineMs, windDownMs, meters } = definition ?? {
    version: run.version,
    fingerprint: run.fingerprint,
    deadlineMs: run.deadlineAt - run.createdAt,
    windDownMs: 0,
    meters: Object.keys(run.meters),
  }
  const of = { tenant, agent, queue, priority, session, principal, origin, version, fingerprint, meters }
  return { ...of, deadlineMs: deadlineMs + windDownMs }
}

const notEnded = ({ runId }: RunRow, what: string) =>
  new MidwatchError('not_ended', `${what}. Wait for it, or stop it first: midwatch cancel ${runId}.`)
