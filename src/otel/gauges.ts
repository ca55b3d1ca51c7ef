import type { Ledger } from '../core/ledger.js'
import { windowStart } from '../core/meters.js'
import type { Observable } from '../core/telemetry.js'
import type { Instruments, Reading } from './instruments.js'

/** So long a look at the ledger serves all who collect. */
const FRESH_MS = 5_000

/** Sets up what is looked at when somebody collects. */
export function watchGauges(to: Instruments, { ledger, lanes, held, isAway }: Observable): void {
  to.watch('held', () => [{ value: held() }])
  to.watch('away', () => [{ value: isAway() ? 1 : 0 }])
  to.watch('laneOpen', () => lanes().map(({ lane, open }) => ({ value: open, labels: { lane } })))
  to.watch('laneWaiting', () => lanes().map(({ lane, waiting }) => ({ value: waiting, labels: { lane } })))
  to.watch(
    'doubtsOpen',
    kept(isAway, async () => [{ value: (await ledger.effects({ state: 'doubt' })).length }]),
  )
  to.watch(
    'escalationsOpen',
    kept(isAway, () => openQuestions(ledger)),
  )
  to.watch(
    'ceilingUsed',
    kept(isAway, () => fullest(ledger)),
  )
  to.watch(
    'queueWaiting',
    kept(isAway, () => waiting(ledger)),
  )
  to.watch('memory', () => {
    const { rss, heapUsed, external } = process.memoryUsage()
    return Object.entries({ rss, heap_used: heapUsed, external }).map(([memoryType, value]) => ({
      value,
      labels: { memoryType },
    }))
  })
  to.watch('cpu', () => {
    const { user, system } = process.cpuUsage()
    return [{ value: (user + system) / 1e6 }]
  })
  to.watch('uptime', () => [{ value: process.uptime() }])
}

type Read = () => Promise<readonly Reading[]>

/** A ledger that is away is not asked: nothing is told then, which is the truth. */
function kept(isAway: () => boolean, read: Read): Read {
  let at = Number.NEGATIVE_INFINITY
  let last: readonly Reading[] = []
  return async () => {
    if (isAway()) return []
    if (performance.now() - at < FRESH_MS) return last
    last = await read().catch(() => [])
    at = performance.now()
    return last
  }
}

async function openQuestions(ledger: Ledger): Promise<readonly Reading[]> {
  const open = new Map(['approval', 'doubt', 'question'].map((about) => [about, 0]))
  for (const { kind } of await ledger.escalations({ state: 'open' })) open.set(kind, (open.get(kind) ?? 0) + 1)
  return [...open].map(([about, value]) => ({ value, labels: { about } }))
}

/** The share of each kind of ceiling that is used where it is used most: no tenant is named. */
async function fullest(ledger: Ledger): Promise<readonly Reading[]> {
  const ceilings = await ledger.ceilings()
  const now = await ledger.now()
  const shares = new Map<string, Reading>()
  for (const scope of new Set(ceilings.map((ceiling) => ceiling.scope))) {
    const rows = await ledger.meters({ scope })
    for (const { meter, per, limit } of ceilings.filter((ceiling) => ceiling.scope === scope)) {
      const row = rows.find((one) => one.meter === meter && one.per === per && one.window === windowStart(per, now))
      const value = limit === 0 ? 1 : ((row?.used ?? 0) + (row?.reserved ?? 0)) / limit
      const scopeKind = scope.split(':', 1)[0] ?? ''
      const key = `${scopeKind} ${meter} ${per}`
      if (value >= (shares.get(key)?.value ?? 0)) shares.set(key, { value, labels: { scopeKind, meter, per } })
    }
  }
  return [...shares.values()]
}

/** Queues are few, and as many as are deployed. */
async function waiting(ledger: Ledger): Promise<readonly Reading[]> {
  return (await ledger.queues.list()).map(({ queue, waiting: value }) => ({ value, labels: { queue } }))
}
