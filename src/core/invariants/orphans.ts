import type { Entry } from '../entries.js'
import type { RunRow } from '../run-row.js'
import { runScopes } from '../scope.js'
import type { EpochMs } from '../time.js'
import type { Family } from './families.js'
import type { Tell } from './invariant.js'

/** What runs above others do to those: their kills cover them, their end is the end of all below. Judged when all were seen. */
export class Orphans {
  private readonly children: { readonly run: RunRow; readonly began: Entry | undefined }[] = []

  keep(run: RunRow, entries: readonly Entry[]): void {
    if (run.parent !== null) this.children.push({ run, began: entries.findLast(({ kind }) => kind === 'begin') })
  }

  check(families: ReadonlyMap<string, Family>, tell: Tell): void {
    for (const { run, began } of this.children) {
      checkKin(run, families.get(run.parent?.runId ?? '')?.run, tell)
      for (const id of run.ancestors) {
        const ended = families.get(id)?.run.endedAt ?? null
        // Within one moment the order is that of their locks, which nobody wrote down.
        if (began && ended !== null && began.at > ended) tellOrphan(run, began, id, ended, tell)
      }
    }
  }
}

/** A child that does not know who is above it is covered by no kill of theirs. */
function checkKin(run: RunRow, parent: RunRow | undefined, tell: Tell): void {
  const { runId, ancestors } = run
  const known = parent ? [...parent.ancestors, parent.runId].join(' ') : ''
  if (known !== ancestors.join(' ')) tell('The run names others above it than its parent does.', { runId })
  const own = new Set(runScopes(run))
  const missing = parent && runScopes(parent).find((scope) => !own.has(scope))
  if (missing !== undefined) tell(`The run is not covered by '${missing}', which covers its parent.`, { runId })
}

function tellOrphan(run: RunRow, { seq, at }: Entry, above: string, ended: EpochMs, tell: Tell): void {
  const numbers = { at, ended }
  tell(`An intent was granted although '${above}', a run above, had ended.`, { runId: run.runId, seq, numbers })
}
