import { ledgerOf } from '../../src/ledger/memory/ledger.js'
import type { Run } from '../../src/ledger/memory/runs.js'
import { Sessions } from '../../src/ledger/memory/sessions.js'
import type { Store } from '../../src/ledger/memory/store.js'

/** Whatever is named is taken in, in whatever order. */
class Greedy extends Sessions {
  override absorbable(run: Run, ids: readonly string[]): Run[] | null {
    const row = this.ofRun(run)
    const found = (row?.queued ?? []).filter((one) => ids.includes(one.admission.runId) && one.state === 'queued')
    return found.length > 0 ? found : null
  }
}

/** Anybody's run writes the state. */
class Open extends Sessions {
  override mayWrite(): boolean {
    return true
  }
}

/** What was taken in is left behind by the run that took it. */
class Forgetful extends Sessions {
  override released(): readonly Run[] {
    return []
  }
}

/** A gap is given up without a word of it on the run. */
class Silent extends Sessions {
  override passGap(...p: Parameters<Sessions['passGap']>): ReturnType<Sessions['passGap']> {
    const passed = super.passGap(...p)
    return passed && { ...passed, gap: null }
  }
}

/** A closed session takes messages as any other. */
class Ajar extends Sessions {
  override known(...p: Parameters<Sessions['known']>): ReturnType<Sessions['known']> {
    const row = super.known(...p)
    return row && { ...row, closed: null }
  }
}

const BROKEN = { Greedy, Open, Forgetful, Silent, Ajar }

/** A ledger whose sessions have one thing wrong, and whether its own content proves it; else only a sound one beside it does. */
export const SESSION_SABOTAGES = [
  { name: 'messages are taken in out of order', of: 'Greedy', shows: true },
  { name: 'whoever holds a run writes the state', of: 'Open', shows: true },
  { name: 'what was taken in is left behind', of: 'Forgetful', shows: true },
  { name: 'a gap is passed in silence', of: 'Silent', shows: true },
  { name: 'a closed session takes messages', of: 'Ajar', shows: false },
] as const satisfies readonly { name: string; of: keyof typeof BROKEN; shows: boolean }[]

export function brokenSessions(of: keyof typeof BROKEN, store: Store) {
  return ledgerOf(Object.assign(store, { sessions: new BROKEN[of]() }))
}
