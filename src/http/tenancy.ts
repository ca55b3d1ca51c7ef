import { type Caller, sees } from '../core/access.js'
import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'

/** The tenant that is meant: the one that is named, else the caller's only one. Throws `forbidden`, `invalid_request`. */
export function tenantFor(caller: Caller, named: string | undefined): string {
  if (named !== undefined) {
    if (sees(caller, named)) return named
    throw new MidwatchError('forbidden', `'${caller.principal}' may do nothing for tenant '${named}'.`)
  }
  const [only, other] = caller.tenants ?? ['default']
  if (only !== undefined && other === undefined) return only
  throw new MidwatchError('invalid_request', 'Say for which tenant: this token is for several.')
}

/** Tenants of a list: the named one, else those of the caller; undefined for all. Throws `forbidden`. */
export function tenantsFor(caller: Caller, named: string | undefined): readonly string[] | undefined {
  return named === undefined ? (caller.tenants ?? undefined) : [tenantFor(caller, named)]
}

/** A run that the caller may see. Throws `unknown_run`, of others' runs too: whether there is one is theirs to know. */
export async function runFor(caller: Caller, ledger: Ledger, runId: string): Promise<RunRow> {
  const run = await ledger.run({ runId })
  if (run && sees(caller, run.tenant)) return run
  throw new MidwatchError('unknown_run', `There is no run '${runId}'.`)
}
