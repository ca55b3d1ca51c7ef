import type { Entry } from '../entries.js'
import type { SwitchRow } from '../operated.js'
import { runScopes, scopeOf } from '../scope.js'
import type { Invariant, Tell } from './invariant.js'
import { Orphans } from './orphans.js'

/** A stretch of epochs in which a scope was switched off; `until` is the epoch of its release. */
interface Stretch {
  readonly from: number
  readonly until: number
}

/**
 * Judged by epochs, not by time: commit order is not clock order, and an epoch is given under the switch's exclusive lock.
 * `hold` and `end` alike stop every begin.
 */
export const kill: Invariant = {
  id: 'I5',
  name: 'kill',
  promise:
    'No intent was granted in a switched scope at or after the switch, until its release, nor below a run that had ended.',
  inspect: (tell) => {
    let history = historyOf([])
    const orphans = new Orphans()
    return {
      run: ({ run, entries }, { switches }) => {
        orphans.keep(run, entries)
        if (history.switches !== switches) history = historyOf(switches)
        const scopes = runScopes(run)
        let before = 0
        for (const entry of entries) {
          checkEpoch(entry, before, history.last, tell)
          before = entry.epoch
          if (entry.kind === 'begin') checkBegin(entry, scopes, history.stretches, tell)
        }
      },
      pruned: ({ run }) => orphans.keep(run, []),
      totals: ({ families }) => orphans.check(families, tell),
    }
  },
}

function historyOf(switches: readonly SwitchRow[]) {
  const last = switches.reduce((most, { epoch }) => Math.max(most, epoch), 0)
  return { switches, last, stretches: stretchesOf(switches) }
}

/** An engage of what is engaged changes its mode alone: the stretch goes on. */
function stretchesOf(switches: readonly SwitchRow[]): Map<string, Stretch[]> {
  const byScope = new Map<string, Stretch[]>()
  const since = new Map<string, number>()
  for (const { scope, engaged, epoch } of [...switches].sort((a, b) => a.epoch - b.epoch)) {
    const from = since.get(scope)
    if (engaged && from === undefined) since.set(scope, epoch)
    if (engaged || from === undefined) continue
    byScope.set(scope, [...(byScope.get(scope) ?? []), { from, until: epoch }])
    since.delete(scope)
  }
  for (const [scope, from] of since)
    byScope.set(scope, [...(byScope.get(scope) ?? []), { from, until: Number.POSITIVE_INFINITY }])
  return byScope
}

/** The proof stands on epochs: within a journal they never fall, and none is newer than the newest switch. */
function checkEpoch({ runId, seq, epoch }: Entry, before: number, last: number, tell: Tell): void {
  const numbers = { epoch, before, last }
  if (epoch < before) tell('An entry saw an older switch epoch than the one before it.', { runId, seq, numbers })
  if (epoch > last) tell('An entry saw a switch that the history does not hold.', { runId, seq, numbers })
}

/** Reads and model calls too: nothing at all begins in a switched scope. */
function checkBegin(entry: Entry, runs: string[], stretches: Map<string, Stretch[]>, tell: Tell): void {
  const { runId, seq, epoch, facts } = entry
  const tool = facts.tool ?? facts.effect?.tool
  for (const scope of tool === undefined ? runs : [...runs, scopeOf.tool(tool)]) {
    const hit = stretches.get(scope)?.find(({ from, until }) => from <= epoch && epoch < until)
    if (hit)
      tell(`An intent was granted while '${scope}' was switched off.`, {
        runId,
        seq,
        numbers: { epoch, engaged: hit.from },
      })
  }
}
