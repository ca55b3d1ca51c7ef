/** What operators' tools need of the layers below the runtime, and nothing more of them. */

import type { OpenStore, StoreOptions } from '../ledger/open.js'
import { openStore } from '../ledger/open.js'
import { postgresLedger } from '../ledger/postgres/ledger.js'

export { DEFAULT_HOME } from '../ledger/open.js'
export { type DatabaseReport, inspectDatabase } from '../ledger/postgres/doctor.js'
export {
  type AdmitBody,
  type BeginBody,
  type DoubtBody,
  type NoteBody,
  readBody,
  type SettleBody,
} from '../orchestrator/bodies.js'
export type { Definition } from '../orchestrator/definition.js'
export { lastOf, outcomeOfEnded } from '../orchestrator/ended-run.js'
export { SessionHandle, type SessionView, unknownSession, viewOf } from '../orchestrator/session-handle.js'
export { systemClock } from '../orchestrator/system-clock.js'
export { meterUnit, smallestUnit } from '../tools/meter.js'
export { jsonSchemaOf } from '../tools/schema.js'
export type { OpenStore }

/**
 * Opens a ledger to look at it and to stop things. A database that is named is not migrated: whoever looks at a fleet must
 * not change its schema. Throws what opening throws, `ledger_schema_older` among it.
 */
export async function openToOperate(options: StoreOptions): Promise<OpenStore> {
  const { databaseUrl: url, directUrl, poolSize = 4 } = options
  if (url === undefined) return openStore(options)
  const ledger = await postgresLedger({ url, poolSize, ...(directUrl && { directUrl }) })
  return { ledger, url, close: () => ledger.close() }
}
