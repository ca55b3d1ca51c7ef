import { MidwatchError } from '../../core/errors.js'
import type { Ledger } from '../../core/ledger.js'
import { stopText } from '../../core/lives.js'
import type { Workers } from '../../core/workers.js'
import { admit } from './admit.js'
import { apply } from './apply.js'
import { breakersOf } from './breakers.js'
import { claim, dueRuns } from './claim.js'
import { conversingOf } from './conversing.js'
import { driftOf, releaseTrips } from './drift.js'
import { erase } from './erase.js'
import { feedOf } from './feed.js'
import { livesOf, standingIn } from './lives.js'
import { engage, release, sweep } from './operate.js'
import { answer } from './people.js'
import { prune } from './prune.js'
import { queuesOf } from './queues.js'
import { endOf, listChildren, listRuns, readJournal } from './reads.js'
import { canBeWoken, rowOf } from './runs.js'
import { schedulesOf } from './schedules.js'
import { scoresOf } from './scores.js'
import { sealGroup } from './seal.js'
import type { MemoryOptions } from './store.js'
import { Store } from './store.js'
import { tokensOf } from './tokens.js'
import { claimMisfit, countPins, hasMisfits, misfitsOf, repin } from './versions.js'

export type { MemoryOptions } from './store.js'

/** A ledger in memory, told apart from one that lasts. */
export interface MemoryLedger extends Ledger {
  readonly inMemory: true
}

/**
 * A whole ledger in memory, for rehearsal and tests: the same port and answers as PostgreSQL, atomic and serial.
 * It forgets everything when it goes, and cannot find what only concurrent transactions get wrong.
 */
export function memoryLedger(options: MemoryOptions = {}): MemoryLedger {
  return { ...ledgerOf(new Store(options)), inMemory: true }
}

/** The port over a store. */
export function ledgerOf(store: Store): Ledger {
  return {
    workers: workersOf(store),
    lives: livesOf(store),
    schedules: schedulesOf(store),
    scores: scoresOf(store),
    drift: driftOf(store),
    tokens: tokensOf(store.tokens, () => store.now()),
    feed: feedOf(store),
    breakers: breakersOf(store),
    queues: queuesOf(store),
    ...verbsOf(store),
    ...conversingOf(store),
    ...operatorsOf(store),
    ...readsOf(store),
  }
}

/** Leases; an ended one needs no word to its runs: a claim sees that their worker is gone. */
function workersOf(store: Store): Workers {
  return {
    register: async (p) => {
      const at = store.now()
      const { workerId, leaseUntil } = store.workers.register(p, at)
      return {
        workerId,
        at,
        leaseUntil,
        misfits: store.workers.tell(workerId, at, (worker) => hasMisfits(store, worker)),
        standing: standingIn(store),
      }
    },
    heartbeat: async ({ workerId, leaseMs }) => {
      const at = store.now()
      const beat = store.workers.heartbeat(workerId, leaseMs, at)
      const misfits = store.workers.tell(workerId, at, (worker) => hasMisfits(store, worker))
      return { at, ...beat, misfits, standing: standingIn(store) }
    },
    retire: async ({ workerId }) => {
      store.workers.retire(workerId, store.now())
      for (const run of store.runs.held) {
        if (run.workerId === workerId) store.tellDue(run)
      }
    },
    list: async () => store.workers.list(),
  }
}

/** What runs live by. */
type Verbs =
  | 'secret'
  | 'now'
  | 'check'
  | 'admit'
  | 'admitAll'
  | 'sealGroup'
  | 'claim'
  | 'misfits'
  | 'claimMisfit'
  | 'apply'
  | 'answer'
  | 'wake'
  | 'erase'
  | 'prune'
  | 'listen'
  | 'close'

function verbsOf(store: Store): Pick<Ledger, Verbs> {
  return {
    secret: async () => store.secret,
    now: async () => store.now(),
    check: async () => {
      const why = stopText(standingIn(store))
      if (why !== null) throw new MidwatchError('unreconciled', why)
    },
    admit: async (p) => admit(store, p),
    admitAll: async (ps) => ps.map((p) => admit(store, p)),
    sealGroup: async (p) => sealGroup(store, p),
    claim: async (p) => claim(store, p),
    misfits: async (p) => misfitsOf(store, p),
    claimMisfit: async (p) => claimMisfit(store, p),
    apply: async (ops) => apply(store, ops),
    answer: async (p) => answer(store, p),
    wake: async ({ runId }) => {
      const run = store.runs.byId.get(runId)
      if (run && canBeWoken(run)) store.makeDue(run, store.now())
    },
    erase: async ({ runId }) => {
      const run = store.runs.byId.get(runId)
      return { erased: run?.state === 'ended' && run.open.size === 0 ? erase(store, run) : 0 }
    },
    prune: async (p) => prune(store, p),
    listen: async (hear) => store.wakes.listen(hear),
    close: async () => store.wakes.silence(),
  }
}

/** What operators do, and what they are told. */
type Operators = 'repin' | 'engage' | 'release' | 'sweepSwitched' | 'setCeiling' | 'notices' | 'noticeSent'

function operatorsOf(store: Store): Pick<Ledger, Operators> {
  return {
    repin: async (p) => repin(store, p),
    engage: async (p) => engage(store, p),
    release: async (p) => release(store, p),
    sweepSwitched: async ({ limit }) => sweep(store, limit),
    setCeiling: async (p) => {
      store.meters.setCeiling({ ...p, at: store.now() })
      releaseTrips(store, p)
    },
    notices: async (p) => store.notices.take(p, store.now()),
    noticeSent: async ({ id }) => store.notices.sent(id),
  }
}

/** Everything that is only looked at. Rows are copies or never change. */
function readsOf(
  store: Store,
): Omit<
  Ledger,
  | 'workers'
  | 'lives'
  | 'schedules'
  | 'scores'
  | 'drift'
  | 'tokens'
  | 'feed'
  | 'breakers'
  | 'queues'
  | Verbs
  | Operators
  | keyof ReturnType<typeof conversingOf>
> {
  const find = (runId: string) => store.runs.byId.get(runId)
  return {
    switchedRun: async ({ runId }) => {
      const run = find(runId)
      return run ? store.covering(run) : null
    },
    switches: async () => store.switches.list(),
    switchHistory: async () => [...store.switches.history],
    ceilings: async () => store.meters.ceilings(),
    run: async ({ runId }) => {
      const run = find(runId)
      return run ? rowOf(run) : null
    },
    runs: async (p) => listRuns(store, p),
    due: async (p) => dueRuns(store, p),
    pins: async () => countPins(store),
    group: async ({ runId, step }) => store.groups.look(runId, step),
    children: async (p) => listChildren(store, p),
    ends: async ({ runIds }) => runIds.flatMap((runId) => endOf(find(runId))),
    journal: async (p) => readJournal(store, p),
    mail: async ({ runId, after }) => find(runId)?.mail.slice(after) ?? [],
    evidence: async ({ runId }) => [...(find(runId)?.evidence ?? [])],
    effect: async ({ tenant, tool, key }) => {
      const row = store.effects.get(tenant, tool, key)
      return row ? { ...row } : null
    },
    effects: async (p) => store.effects.list(p),
    escalations: async (p) => store.escalations.list(p),
    meters: async ({ scope }) => store.meters.list(scope),
    putBlob: async ({ tenant, text, runId = null }) => ({ digest: store.blobs.put(tenant, text, runId) }),
    blob: async ({ tenant, digest }) => store.blobs.get(tenant, digest),
  }
}
