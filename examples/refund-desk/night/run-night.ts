import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Side, WrittenFact } from '../world/witness.js'
import { CASES } from './cases.js'
import { Crew } from './crew.js'
import type { Delivery, Ended, WorkingDesk } from './ended.js'
import { MidwatchDesk } from './midwatch-desk.js'
import { NaiveDesk, type NaiveReport } from './naive-desk.js'
import { nightOf } from './night.js'
import { Person } from './person.js'
import { type Stage, setStage } from './stage.js'

/** Which night, and who hears of it. */
export interface NightOptions {
  readonly seed: number
  readonly home: string
  /** One line of progress. */
  readonly said: (line: string) => void
  /** Ends the night early; what is under way counts as stuck. */
  readonly signal: AbortSignal
}

/** All that is known of a night afterwards. */
export interface NightRecord {
  readonly seed: number
  readonly tenant: string
  readonly ended: readonly Ended[]
  readonly facts: Readonly<Record<Side, readonly WrittenFact[]>>
  readonly tookMs: number
}

const WORKERS = 2
/** After this whoever has not come to an end is called stuck. */
const LONGEST_MS = 70_000
const STOP_WITHIN_MS = 5_000

/** Works the sample inbox on both desks, side by side, on the same night. */
export async function runNight({ seed, home, said, signal }: NightOptions): Promise<NightRecord> {
  const from = performance.now()
  const night = nightOf(seed)
  const crews = new Map<Side, Crew>()
  const killSender = (side: Side, pid: number) => {
    said(`SIGKILL: ${side} worker ${pid}, after the payment and before it heard of it`)
    crews.get(side)?.kill(pid)
  }
  signal.addEventListener('abort', () => leaveAll(crews), { once: true })
  const stage = await setStage({ home, night, killSender })
  const tenant = `night-${Date.now().toString(36)}`
  const { mw, witness } = stage
  const naive = new NaiveDesk(() => crewOf(crews, 'naive'))
  const person: Person = new Person({ mw, witness: witness.midwatch, caseOf: (runId) => desk.caseOf(runId), said })
  const desk = new MidwatchDesk({ mw, tenant, approved: (runId) => person.approved(runId) })
  try {
    await endEarlierRuns(stage, said)
    for (const [side, crew] of crewsFor(stage, naive, said)) crews.set(side, crew)
    await Promise.all([...crews.values()].map((crew) => crew.start()))
    said(`two desks, ${WORKERS} workers each; the inbox opens`)
    person.start()
    const over = endOfNight(signal)
    const arrives = deliveries(tenant).flatMap((one) =>
      [naive, desk].map((working) => arrive(working, one, night.arrivesMs(one.case.name), over, said)),
    )
    const ended = await Promise.all(arrives)
    const facts = { midwatch: await witness.midwatch.facts(), naive: await witness.naive.facts() }
    return { seed, tenant, ended, facts, tookMs: performance.now() - from }
  } finally {
    await person.stop()
    await Promise.all([...crews.values()].map((crew) => crew.stop(STOP_WITHIN_MS)))
    await stage.close()
  }
}

function crewOf(crews: ReadonlyMap<Side, Crew>, side: Side): Crew {
  const crew = crews.get(side)
  if (!crew) throw new Error(`No crew works for ${side}.`)
  return crew
}

function crewsFor({ env, log }: Stage, naive: NaiveDesk, said: (line: string) => void): Map<Side, Crew> {
  const base = { size: WORKERS, env, log }
  const replaced = (side: Side) => (deadPid: number, freshPid: number) => {
    said(`${side} worker ${deadPid} is dead; ${freshPid} takes its place`)
    if (side === 'naive') naive.redeliver(deadPid, freshPid)
  }
  const heard = (message: unknown) => naive.heard(message as NaiveReport)
  return new Map([
    ['midwatch', new Crew({ ...base, file: new URL('../worker.ts', import.meta.url), replaced: replaced('midwatch') })],
    [
      'naive',
      new Crew({ ...base, file: new URL('../naive/worker.ts', import.meta.url), replaced: replaced('naive'), heard }),
    ],
  ])
}

function deliveries(tenant: string): Delivery[] {
  return CASES.flatMap((one) =>
    one.messages.flatMap(({ session, text, deliveries: times = 1 }, index) => {
      const delivery = { case: one, key: `${tenant}:${one.name}:${index}`, session: `${tenant}:${session}`, text }
      return Array.from({ length: times }, () => delivery)
    }),
  )
}

/** Aborts at the latest moment of the night: an interruption, or the time being up. */
function endOfNight(interrupted: AbortSignal): AbortSignal {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  setTimeout(() => over.abort(), LONGEST_MS).unref()
  if (interrupted.aborted) over.abort()
  interrupted.addEventListener('abort', () => over.abort(), { once: true })
  return over.signal
}

function leaveAll(crews: ReadonlyMap<Side, Crew>): void {
  for (const crew of crews.values()) crew.leave()
}

async function arrive(
  desk: WorkingDesk,
  delivery: Delivery,
  afterMs: number,
  over: AbortSignal,
  said: (line: string) => void,
): Promise<Ended> {
  await sleep(afterMs, undefined, { signal: over }).catch(() => undefined)
  const from = performance.now()
  const stuck = () => stuckEnd(desk.side, delivery, performance.now() - from)
  if (over.aborted) return stuck()
  const ended = await Promise.race([desk.deliver(delivery), aborted(over).then(stuck)])
  said(`${desk.side.padEnd(8)} ${delivery.case.name.padEnd(18)} ${ended.status}`)
  return ended
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function stuckEnd(side: Side, delivery: Delivery, latencyMs: number): Ended {
  const nothing = { steps: 0, retries: 0, runId: '', asked: false, approved: false }
  return { side, delivery, status: 'stuck', why: 'no end in sight', latencyMs, ...nothing }
}

/** The shop is stocked afresh, so whatever an earlier night left open must not act on it: the kill switch, for each run. */
async function endEarlierRuns({ mw }: Stage, said: (line: string) => void): Promise<void> {
  const open = await mw.ledger.runs({ agent: 'refund-desk', states: ['queued', 'running', 'waiting'] })
  for (const { runId } of open) {
    await mw.ledger.engage({
      scope: `run:${runId}`,
      mode: 'end',
      by: 'npm start',
      reason: 'the shop was stocked afresh',
    })
  }
  if (open.length > 0) said(`${open.length} run(s) of an earlier night end by kill switch`)
}
