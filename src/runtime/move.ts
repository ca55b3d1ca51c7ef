import type { Ledger } from '../core/ledger.js'
import type { Repinned, RunRow } from '../core/run-row.js'
import { type AdmitBody, readBody } from '../orchestrator/bodies.js'
import type { Definition } from '../orchestrator/definition.js'
import { check } from '../tools/schema.js'

/** The version to move to; `definition` where its code is at hand. */
export interface MoveTarget {
  readonly version: number
  readonly fingerprint: string
  readonly definition: Definition | null
}

/** `unfit`: the input of the run is none for that version, so it stays where it is. */
export type MoveCode = Repinned['code'] | 'unfit'

/** Pins a run to another version of its agent, unless that version could not even read its input. */
export async function moveRun(ledger: Ledger, run: RunRow, to: MoveTarget, by: string): Promise<MoveCode> {
  const { version, fingerprint, definition } = to
  if (definition !== null && !(await takesInput(ledger, run, definition))) return 'unfit'
  return (await ledger.repin({ runId: run.runId, version, fingerprint, by })).code
}

async function takesInput(ledger: Ledger, { runId }: RunRow, definition: Definition): Promise<boolean> {
  const [first] = await ledger.journal({ runId, from: 1, limit: 1 })
  const { input } = readBody<AdmitBody>(first?.body ?? null)
  return input === undefined || (await check(definition.input, input)).ok
}
