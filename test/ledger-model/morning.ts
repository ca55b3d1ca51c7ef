import { bodyDigest, chainHash, headerOf } from '../../src/core/chain.js'
import type { FeedPage } from '../../src/core/feed.js'
import { inspectFacts } from '../../src/core/invariants/inspect.js'
import { readFacts } from '../../src/core/invariants/read.js'
import type { Ledger } from '../../src/core/ledger.js'
import { breakerOf } from './making.js'
import type { Night } from './night.js'

/** Compares everything that the night left on both ledgers, and checks each one's chains by themselves. */
export async function compareAll(night: Night): Promise<void> {
  const { pair, runIds, tenants, mark } = night
  for (const tenant of tenants) {
    await pair.both('runs', ({ ledger }) => ledger.runs({ tenant, after: '', limit: 1_000 }))
    await pair.both('meters', ({ ledger }) => metersOf(ledger, `tenant:${tenant}`))
  }
  await pair.both('lanes', ({ ledger }) => metersOf(ledger, `lane:${mark}`))
  for (const runId of runIds) await compareRun(night, runId)
  const looked = { serves: [`agent-${mark}@1#f`], queues: [`queue-${mark}`], limit: 1_000 }
  await pair.both('due', ({ ledger }) => ledger.due(looked))
  for (const key of [breakerOf(mark, 0), breakerOf(mark, 1)]) {
    await pair.both('breaker', async ({ ledger }) => (await ledger.breakers.list()).filter((row) => row.key === key))
    await pair.both('moves', ({ ledger }) => ledger.breakers.moves({ key }))
  }
  await pair.both('feed', ({ ledger, name }) => verifyFeed(ledger, tenants, name))
  await pair.both('switches', async ({ ledger, epoch }) =>
    ours((await ledger.switches()).filter((row) => row.epoch > epoch)),
  )
  await pair.both('history', async ({ ledger, epoch }) =>
    (await ledger.switchHistory()).filter((row) => row.epoch > epoch),
  )
  await pair.both('ceilings', async ({ ledger }) =>
    ours((await ledger.ceilings()).filter((row) => row.scope.includes(mark))),
  )
}

/** Throws when the first ledger's content alone proves a promise broken. */
export async function keepsPromises({ pair }: Night): Promise<void> {
  const broken = inspectFacts(await readFacts(pair.one.ledger)).map((one) => JSON.stringify(one))
  if (broken.length > 0) throw new Error(['The ledger broke a promise:', ...broken, 'After:', ...pair.log].join('\n'))
}

async function compareRun({ pair }: Night, runId: string): Promise<void> {
  await pair.both('run', ({ ledger }) => ledger.run({ runId }))
  await pair.both('journal', async ({ ledger, name }) => {
    await verifyChain(ledger, runId, name)
    return ledger.journal({ runId })
  })
  await pair.both('mail', ({ ledger }) => ledger.mail({ runId, after: 0 }))
  await pair.both('children', async ({ ledger }) =>
    (await ledger.children({ runId, limit: 1_000 })).map((row) => [row.parent?.step, row.groupNo, row.runId]),
  )
  for (const step of ['call-0', 'call-1']) await pair.both('group', ({ ledger }) => ledger.group({ runId, step }))
  await pair.both('evidence', ({ ledger }) => ledger.evidence({ runId }))
  await pair.both('scores', ({ ledger }) => ledger.scores.of({ runId }))
  await pair.both('switched', ({ ledger }) => ledger.switchedRun({ runId }))
  await pair.both('escalations', async ({ ledger }) => sorted(await ledger.escalations({ runId }), (row) => row.id))
  await pair.both('effects', async ({ ledger }) =>
    sorted(await ledger.effects({ runId }), (row) => `${row.tool} ${row.key}`),
  )
}

/** A row that was made for a begin that was then refused counts nothing: only rows that count are compared. */
async function metersOf(ledger: Ledger, scope: string) {
  const rows = (await ledger.meters({ scope })).filter((row) => row.used + row.reserved > 0)
  return sorted(rows, (row) => `${row.meter} ${row.per} ${row.window}`)
}

const ours = <T extends { readonly scope: string }>(rows: readonly T[]): T[] => sorted(rows, (row) => row.scope)

function sorted<T>(rows: readonly T[], by: (row: T) => string): T[] {
  return [...rows].sort((a, b) => (by(a) < by(b) ? -1 : 1))
}

async function verifyChain(ledger: Ledger, runId: string, name: string): Promise<void> {
  let before = ''
  for (const entry of await ledger.journal({ runId })) {
    const digest = entry.body === null ? entry.digest : bodyDigest(entry.salt, entry.body)
    before = chainHash(before, headerOf(entry), digest)
    if (entry.hash !== before) throw new Error(`${name}: the chain of ${runId} breaks at ${entry.seq}`)
  }
  const run = await ledger.run({ runId })
  if (run?.headHash !== before) throw new Error(`${name}: the head of ${runId} is not its last entry`)
}

/** The feed has every entry of the tenants' journals once, those of each in their order. */
async function verifyFeed(ledger: Ledger, tenants: readonly string[], name: string): Promise<void> {
  const heads = new Map<string, number>()
  for (const tenant of tenants) {
    for (const { runId, headSeq, prunedAt } of await ledger.runs({ tenant, after: '', limit: 1_000 })) {
      if (prunedAt === null) heads.set(runId, headSeq)
    }
  }
  const seqs = new Map<string, number>()
  // Other databases of the server may hold entries back for a moment: read until all have come.
  const missing = () => [...heads].some(([runId, head]) => (seqs.get(runId) ?? 0) < head)
  for (let after: string | null = null, page: FeedPage | null = null; missing() || isFull(page); ) {
    page = await ledger.feed.read({ after, limit: 500 })
    if (page.code !== 'ok') throw new Error(`${name}: a place that was just given is unknown`)
    for (const { entry, tenant } of page.entries.filter((one) => tenants.includes(one.tenant))) {
      const before = seqs.get(entry.runId) ?? 0
      if (entry.seq !== before + 1)
        throw new Error(`${name}: ${entry.runId} of ${tenant} has ${entry.seq} behind ${before}`)
      seqs.set(entry.runId, entry.seq)
    }
    after = page.next
  }
  if (seqs.size !== heads.size) throw new Error(`${name}: the feed has runs that the ledger has not`)
}

const isFull = (page: FeedPage | null): boolean => page?.code === 'ok' && page.entries.length > 0
