import type { Ledger } from '../core/ledger.js'
import type { Store } from '../ledger/memory/store.js'
import type { Engine } from '../orchestrator/engine.js'

/** Another build of the kernel in place of the real one: that its checkers see is itself put to the test. */
export interface Build {
  /** The ledger over a case's fresh store. */
  readonly ledger?: (store: Store) => Ledger
  /** The engine of each worker, made of the real one. */
  readonly engine?: (engine: Engine) => Engine
}
