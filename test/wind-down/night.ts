import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import type { RunRow } from '../../src/core/run-row.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import type { Failpoint } from '../../src/orchestrator/engine.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { Witness } from '../crash/witness.js'
import { freshDatabase } from '../database.js'
import { unwound, wanted } from './scene.js'
import type { WindDownPlan } from './worker.js'

/** A run that has not ended by then will not end by itself. */
const STUCK_MS = 40_000

/** What is said of a death that did not come about. */
export const NOT_REACHED = 'it was not reached'

export interface Death {
  readonly failpoint: Failpoint
  readonly hit: number
}

/** Between two steps of a wind-down, and around the one in the midst of which most is unknown. */
export const DEATHS: readonly Death[] = [
  { failpoint: 'before_begin', hit: 2 },
  { failpoint: 'after_begin', hit: 1 },
  { failpoint: 'before_effect', hit: 2 },
  { failpoint: 'after_effect', hit: 1 },
  { failpoint: 'after_effect', hit: 2 },
  { failpoint: 'before_settle', hit: 3 },
  { failpoint: 'after_settle', hit: 1 },
]

/** What is wrong after each of these deaths, and with the ledger afterwards; empty where all is as it must be. */
export async function windDownNight(deaths: readonly Death[]): Promise<string[]> {
  const database = await freshDatabase()
  process.env.CRASH_WORLD_URL = database.url
  const witness = await Witness.open(database.url, true)
  const ledger = await postgresLedger({ url: database.url })
  // It takes runs by name alone: so the worker that dies is the first at each.
  const worker = { lease: '2s', queues: deaths.map(idOf), name: 'rescue', concurrency: 0 } as const
  const mw = await assemble({ run: [unwound], worker, alarm: () => undefined }, { ledger })
  try {
    const wrong = await Promise.all(deaths.map((death) => play(death, { url: database.url, ledger, mw, witness })))
    const { violations } = await verifyLedger(ledger)
    return [...wrong.flat(), ...violations.map(({ invariant, what }) => `${invariant}: ${what}`)]
  } finally {
    await mw.stop()
    await Promise.all([ledger.close(), witness.close()])
    await database.drop()
  }
}

interface World {
  readonly url: string
  readonly ledger: Ledger
  readonly mw: Midwatch
  readonly witness: Witness
}

const idOf = ({ failpoint, hit }: Death): string => `${failpoint}-${hit}`

async function play(death: Death, { url, ledger, mw, witness }: World): Promise<string[]> {
  const id = idOf(death)
  const runId = await admit(ledger, id)
  const plan: WindDownPlan = { ...death, url, queue: id, runId }
  const stdio: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'ignore', 'inherit', 'ipc']
  const child = await forkBuilt(new URL('worker.ts', import.meta.url), [JSON.stringify(plan)], { stdio })
  const bit = await untilDead(child, () => ledger.run({ runId }))
  let run = await ledger.run({ runId })
  const late = Date.now() + STUCK_MS
  while (run && run.state !== 'ended') {
    if (Date.now() > late) return [`${id}: it is ${run.state} and waits for ${run.waits}`]
    const { status } = await mw.advance(runId)
    if (status !== 'ended' && status !== 'parked') await new Promise((later) => setTimeout(later, 25))
    run = await ledger.run({ runId })
  }
  const outcome = await mw.run(runId).outcome()
  const { undone = [], remains = [] } = (outcome.status === 'completed' ? undefined : outcome.windDown) ?? {}
  const acts = (await witness.acts(id))
    .filter(({ repeated }) => !repeated)
    .map(
      // Which attempt was confirmed is nobody's business here: the world was slow, perhaps.
      ({ tool, key }) => `${tool} ${key.replace(/\|undo:\d+$/, '')}`,
    )
  return [
    ...(bit ? [] : [`${id}: ${NOT_REACHED}`]),
    ...(outcome.status === 'refused' ? [] : [`${id}: ended ${outcome.status}`]),
    ...(undone.length === 3 && remains.length === 0 ? [] : [`${id}: told ${JSON.stringify({ undone, remains })}`]),
    ...(acts.join() === wanted(id).join() ? [] : [`${id}: ${acts.join(', ')}`]),
  ]
}

/** False where the run ended without it. */
async function untilDead(child: ChildProcess, look: () => Promise<RunRow | null>): Promise<boolean> {
  let dead = false
  const gone = once(child, 'exit').then(() => {
    dead = true
  })
  while (!dead && (await look())?.state !== 'ended')
    await Promise.race([gone, new Promise((later) => setTimeout(later, 25))])
  if (dead) return true
  child.kill('SIGKILL')
  return false
}

async function admit(ledger: Ledger, id: string): Promise<string> {
  const { name: agent, version, fingerprint, meters } = unwound.definition
  const who = { tenant: 'default', agent, version, fingerprint, meters, queue: id, key: id }
  const what = { session: null, principal: null, origin: null, deadlineMs: 18_120_000, salt: 'salt', inputDigest: id }
  const body = JSON.stringify({ input: { id } })
  return (await ledger.admit({ runId: crypto.randomUUID(), ...who, ...what, body })).runId
}
