import type { Breakers } from '../../core/breakers.js'
import type { EpochMs } from '../../core/time.js'
import type { Store } from './store.js'

/** Circuit breakers of the fleet; `begin` grants their probes. */
export function breakersOf(store: Store): Breakers {
  return {
    tell: async ({ workerId, told, withinMs }) => {
      const at = store.now()
      const { tallies, rows } = store.breakers
      tallies.set(workerId, { at, told })
      const late = [...tallies].filter(([id, one]) => id !== workerId && one.at > at - withinMs)
      const others = late.sort(([a], [b]) => a - b).map(([, one]) => one.told)
      return { at, others, rows: [...rows.values()].sort(byKey) }
    },
    move: async (p) => decide(store, p),
    isolate: async (p) => isolate(store, p),
    release: async (p) => release(store, p),
    list: async () => [...store.breakers.rows.values()].sort(byKey),
    moves: async ({ key }) => store.breakers.moves.filter((move) => move.key === key),
  }
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1)

function decide(store: Store, p: Parameters<Breakers['move']>[0]): { code: 'ok' | 'moved' } {
  const { key, revision, to, coolDownMs, probesMost, opened, reason } = p
  const at = store.now()
  const was = store.breakers.stateOf(key)
  const fits = to === 'open' ? was === 'closed' || was === 'half_open' : was === 'half_open'
  if (!fits || (store.breakers.rows.get(key)?.revision ?? 0) !== revision) return { code: 'moved' }
  const until = to === 'open' ? at + coolDownMs : null
  store.breakers.move(key, { state: to, until, probes: 0, probesMost, opened, by: 'fleet', reason }, at)
  store.wakes.tell('breaker', key)
  if (was === 'closed') store.tell('breaker', null, { key, state: 'open', reason }, at)
  return { code: 'ok' }
}

function isolate(store: Store, p: Parameters<Breakers['isolate']>[0]): { code: 'ok' | 'unchanged' } {
  const { key, by, reason = null } = p
  const at = store.now()
  if (store.breakers.stateOf(key) === 'isolated') return { code: 'unchanged' }
  store.breakers.move(key, { state: 'isolated', until: null, probes: 0, by, reason }, at)
  store.wakes.tell('breaker', key)
  store.tell('breaker', null, { key, state: 'isolated', by, ...(reason !== null && { reason }) }, at)
  return { code: 'ok' }
}

function release(store: Store, p: Parameters<Breakers['release']>[0]): { code: 'ok' | 'unchanged' } {
  const { key, by, jitterMs } = p
  const at = store.now()
  const row = store.breakers.rows.get(key)
  if (row?.state !== 'isolated' && row?.state !== 'open') return { code: 'unchanged' }
  store.breakers.move(key, { state: 'half_open', until: at, probes: row.probesMost, by, reason: null }, at)
  store.wakes.tell('breaker', key)
  store.tell('breaker', null, { key, state: 'half_open', by }, at)
  letThrough(store, key, at, jitterMs)
  return { code: 'ok' }
}

/** Steps of this part of the jitter spread runs evenly, and alike in every replay. */
const GOLDEN = 0.618_033_988_749_895

/** Runs that wait for it look again. */
function letThrough(store: Store, key: string, at: EpochMs, jitterMs: number): void {
  let spread = 0
  for (const run of store.runs.pending) {
    if (run.state !== 'waiting' || !run.waits?.includes(`breaker:${key}`)) continue
    spread = (spread + GOLDEN) % 1
    const dueAt = Math.min(at + Math.floor(spread * jitterMs), run.dueAt ?? Number.POSITIVE_INFINITY)
    store.runs.setDue(run, dueAt)
    if (dueAt <= at) store.tellDue(run)
  }
}
