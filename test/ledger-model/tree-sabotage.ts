import type { Ledger } from '../../src/core/ledger.js'
import { Groups } from '../../src/ledger/memory/groups.js'
import { ledgerOf, type MemoryOptions } from '../../src/ledger/memory/ledger.js'
import type { Run } from '../../src/ledger/memory/runs.js'
import { Store } from '../../src/ledger/memory/store.js'

/** Nobody hears of the end of a child. */
class Deaf extends Store {
  override post(...p: Parameters<Store['post']>): void {
    if (p[1] !== 'child') super.post(...p)
  }
}

/** What has ended above is no reason to stop. */
class Careless extends Store {
  override covering(run: Run, tool: string | null = null): ReturnType<Store['covering']> {
    return this.switches.covering(run.scopes, tool)
  }
}

/** A place that gets free is given to nobody. */
class Stingy extends Groups {
  override leave(...p: Parameters<Groups['leave']>): ReturnType<Groups['leave']> {
    const { complete, due } = super.leave(...p)
    for (const run of due) run.kin.behind = true
    return { complete, due: [] }
  }
}

/** After each batch something is done to the runs. */
function afterwards(store: Store, undo: (run: Run) => void): Ledger {
  const ledger = ledgerOf(store)
  const apply: Ledger['apply'] = async (ops) => {
    const answers = await ledger.apply(ops)
    for (const run of store.runs.byId.values()) undo(run)
    return answers
  }
  return { ...ledger, apply }
}

/** A run above forgets what those below used in its name. */
function forgetUse(run: Run): void {
  const usd = run.kin.children.length > 0 ? run.meters.get('usd') : undefined
  if (usd) usd.used = 0
}

/** A child forgets the scopes of its parent. */
function forgetScopes(run: Run): void {
  Object.assign(run, { scopes: run.scopes.filter((scope) => !run.kin.above.includes(scope)) })
}

/** Memory ledgers in which one thing about trees is wrong. */
export const TREE_SABOTAGES: readonly { readonly name: string; make(options: MemoryOptions): Ledger }[] = [
  { name: 'nobody hears of the end of a child', make: (options) => ledgerOf(new Deaf(options)) },
  { name: 'a run goes on below one that has ended', make: (options) => ledgerOf(new Careless(options)) },
  {
    name: 'a place that gets free is given to nobody',
    make: (options) => ledgerOf(Object.assign(new Store(options), { groups: new Stingy() })),
  },
  { name: 'a run forgets what those below it used', make: (options) => afterwards(new Store(options), forgetUse) },
  { name: 'a kill above does not reach down', make: (options) => afterwards(new Store(options), forgetScopes) },
]
