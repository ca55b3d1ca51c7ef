import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { RunRow } from '../../src/core/run-row.js'
import { recount } from '../ceilings/books.js'
import { after, NOTHING } from '../sessions/scene.js'
import { keyOf } from './scene.js'
import type { World } from './world.js'

export interface Judged {
  readonly runs: number
  /** Claims of a run that had not been put down: its worker was dead, or had lost its lease. */
  readonly takenOver: number
  /** Effects by the world's own journal, and those that it saw more than once. */
  readonly effects: number
  readonly duplicates: readonly string[]
  /** Messages that were accepted, and not worked, or not in their order. */
  readonly lost: readonly string[]
  /** By how much the worst grant passed its ceiling; how many were refused. */
  readonly overshoot: number
  readonly refused: number
  /** Runs that have neither ended nor wait for a person. */
  readonly stuck: readonly string[]
  readonly outcomes: Readonly<Record<string, number>>
  /** Sums that do not add up, and violated invariants. */
  readonly violations: readonly string[]
}

/** What became of it all: by the ledger, and by what the world wrote down itself. */
export async function judge(
  ledger: Ledger,
  world: World,
  messages: readonly { readonly session: string; readonly n: number }[],
): Promise<Judged> {
  const runs = await allRuns(ledger)
  const books = await recount(
    ledger,
    runs.map(({ runId }) => runId),
  )
  const rows = [...books.meters.values()]
  const { violations } = await verifyLedger(ledger)
  const seen = new Map<string, number>()
  for (const act of world.acts) seen.set(act, (seen.get(act) ?? 0) + 1)
  const going = runs.filter(({ state, waits }) => state !== 'ended' && !waits?.startsWith('person:'))
  const outcomes: Record<string, number> = {}
  for (const { outcome } of runs) outcomes[outcome ?? 'none'] = (outcomes[outcome ?? 'none'] ?? 0) + 1
  return {
    runs: runs.length,
    takenOver: await takeovers(ledger, runs),
    effects: seen.size,
    duplicates: [...seen].flatMap(([act, times]) => (times > 1 ? [`${act}: ${times} times`] : [])),
    lost: [...unseen(seen, messages), ...(await wrongSessions(ledger, world, messages))],
    overshoot: Math.max(0, ...rows.map((row) => row.overshoot)),
    refused: rows.reduce((sum, row) => sum + row.refusals, 0),
    stuck: going.map((run) => `${run.key}: ${run.state}, waits for ${run.waits}`),
    outcomes,
    violations: [...books.wrong, ...violations.map((v) => `${v.invariant} ${v.runId ?? ''}: ${v.what}`)],
  }
}

async function allRuns(ledger: Ledger): Promise<RunRow[]> {
  const found: RunRow[] = []
  for (let after = ''; ; ) {
    const page = await ledger.runs({ after, limit: 500 })
    found.push(...page)
    after = page.at(-1)?.runId ?? ''
    if (page.length < 500) return found
  }
}

async function takeovers(ledger: Ledger, runs: readonly RunRow[]): Promise<number> {
  let found = 0
  for (const { runId } of runs) {
    const kinds = (await ledger.journal({ runId })).map(({ kind }) => kind)
    found += kinds.filter((kind, i) => kind === 'claim' && kinds[i - 1] !== 'park' && kinds[i - 1] !== 'admit').length
  }
  return found
}

function unseen(seen: ReadonlyMap<string, number>, messages: Parameters<typeof judge>[2]): string[] {
  return messages.flatMap((one) => (seen.has(`tell ${keyOf(one)}`) ? [] : [`${keyOf(one)} never reached the world`]))
}

/** The world heard each session's messages in their order, and the session's state is what a sequence of them makes. */
async function wrongSessions(ledger: Ledger, world: World, messages: Parameters<typeof judge>[2]): Promise<string[]> {
  const heard = new Map<string, number[]>()
  for (const act of world.acts) {
    const [, session = '', n] = /^tell (.+):(\d+)$/.exec(act) ?? []
    if (n !== undefined) heard.set(session, [...(heard.get(session) ?? []), Number(n)])
  }
  const last = Math.max(...messages.map(({ n }) => n))
  const numbers = Array.from({ length: last }, (_, i) => i + 1)
  const due = JSON.stringify(numbers.reduce(after, NOTHING))
  const rows = await ledger.sessions({ limit: messages.length })
  return rows.flatMap(({ session, state }) => [
    ...(heard.get(session)?.join() === numbers.join() ? [] : [`${session}: the world heard ${heard.get(session)}`]),
    ...(state?.text === due ? [] : [`${session}: its state is ${state?.text}`]),
  ])
}
