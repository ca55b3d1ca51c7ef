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
  /** Messages that were accepted and have no run, or whose run completed and the world did not hear of it in its order. */
  readonly lost: readonly string[]
  /** By how much the worst grant passed its ceiling; how many were refused. */
  readonly overshoot: number
  readonly refused: number
  /** Runs that have neither ended nor wait for a person. */
  readonly stuck: readonly string[]
  readonly outcomes: Readonly<Record<string, number>>
  /** Why runs did not complete: dead letters are runs that lost five workers in a row, which a busy machine brings about. */
  readonly reasons: Readonly<Record<string, number>>
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
  const reasons: Record<string, number> = {}
  for (const { outcome, detail } of runs) {
    outcomes[outcome ?? 'none'] = (outcomes[outcome ?? 'none'] ?? 0) + 1
    const why = `${outcome}: ${detail?.replace(/[0-9a-f-]{8,}|\d+/g, 'N')}`
    if (outcome !== 'completed') reasons[why] = (reasons[why] ?? 0) + 1
  }
  return {
    runs: runs.length,
    takenOver: await takeovers(ledger, runs),
    effects: seen.size,
    duplicates: [...seen].flatMap(([act, times]) => (times > 1 ? [`${act}: ${times} times`] : [])),
    lost: [...withoutRun(runs, messages), ...(await wrongSessions(ledger, world, runs))],
    overshoot: Math.max(0, ...rows.map((row) => row.overshoot)),
    refused: rows.reduce((sum, row) => sum + row.refusals, 0),
    stuck: going.map((run) => `${run.key}: ${run.state}, waits for ${run.waits}`),
    outcomes,
    reasons,
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

/** An accepted message has a run of its own. */
function withoutRun(runs: readonly RunRow[], messages: Parameters<typeof judge>[2]): string[] {
  const keys = new Set(runs.map(({ key }) => key))
  return messages.flatMap((one) => (keys.has(keyOf(one)) ? [] : [`${keyOf(one)} has no run`]))
}

/**
 * The world heard each session's messages in their order, and each of those that were completed; the session's state is what a
 * sequence of them makes.
 */
async function wrongSessions(ledger: Ledger, world: World, runs: readonly RunRow[]): Promise<string[]> {
  const heard = numbersIn(world.acts.flatMap((act) => (act.startsWith('tell ') ? [act.slice('tell '.length)] : [])))
  const of = (some: readonly RunRow[]) => numbersIn(some.map(({ key }) => key ?? ''))
  const completed = of(runs.filter(({ outcome }) => outcome === 'completed'))
  const all = of(runs)
  const wrong: string[] = []
  for (const { session, state } of await ledger.sessions({ limit: runs.length })) {
    const [saw = [], due = []] = [heard.get(session), completed.get(session)]
    const inOrder = saw.every((n, i) => n > (saw[i - 1] ?? 0))
    if (!inOrder || due.some((n) => !saw.includes(n))) wrong.push(`${session}: the world heard ${saw}, of ${due}`)
    // A run that failed may have written the state before.
    const isWhole = due.length === all.get(session)?.length
    const made = JSON.stringify([...due].sort((a, b) => a - b).reduce(after, NOTHING))
    if (isWhole && state?.text !== made) wrong.push(`${session}: its state is ${state?.text}`)
  }
  return wrong
}

/** `s7:3` and the like, by session. */
function numbersIn(keys: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const key of keys) {
    const [session = '', n] = key.split(':')
    found.set(session, [...(found.get(session) ?? []), Number(n)])
  }
  return found
}
