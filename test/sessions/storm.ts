import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { forkBuilt } from '../built.js'
import { freshDatabase } from '../database.js'
import { after, NOTHING, tally, WITNESS } from './scene.js'

export interface StormPlan {
  readonly seed: number
  readonly sessions: number
  readonly messages: number
  readonly senders: number
  readonly workers: number
  /** A worker is killed so often, ms, give or take half. */
  readonly killEveryMs: number
  readonly withinMs: number
}

export interface StormResult {
  readonly deliveries: number
  readonly kills: number
  readonly tookMs: number
  readonly wrong: readonly string[]
}

interface Delivery {
  readonly session: string
  readonly n: number
}

/** A small generator with a seed: what is sent, by whom and when somebody dies can be told again. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function shuffled<T>(list: readonly T[], chance: () => number): T[] {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i -= 1) {
    const j = Math.floor(chance() * (i + 1))
    const [a, b] = [all[i], all[j]]
    if (a !== undefined && b !== undefined) [all[i], all[j]] = [b, a]
  }
  return all
}

/** Every message at least twice, some three times, shuffled over the senders. */
function deliveriesOf(plan: StormPlan, chance: () => number): Delivery[][] {
  const all: Delivery[] = []
  for (let s = 1; s <= plan.sessions; s += 1) {
    for (let n = 1; n <= plan.messages; n += 1) {
      const times = chance() < 0.2 ? 3 : 2
      for (let t = 0; t < times; t += 1) all.push({ session: `s${s}`, n })
    }
  }
  const mixed = shuffled(all, chance)
  return Array.from({ length: plan.senders }, (_, i) => mixed.filter((_d, at) => at % plan.senders === i))
}

/** Senders and workers at once, workers killed meanwhile, until every message was worked; then what was wrong with it. */
export async function storm(plan: StormPlan): Promise<StormResult> {
  const database = await freshDatabase()
  process.env.SESSIONS_WORLD_URL = database.url
  const world = new pg.Pool({ connectionString: database.url, max: 2 })
  world.on('error', () => undefined)
  await world.query(WITNESS)
  const ledger = await postgresLedger({ url: database.url })
  const crew = new Crew(database.url, plan)
  const begun = performance.now()
  try {
    const chance = chanceOf(plan.seed)
    const loads = deliveriesOf(plan, chance)
    await crew.start()
    const killing = crew.killAtRandom(chance)
    await Promise.all(loads.map((load) => deliver(ledger, load)))
    const isOver = await untilWorked(ledger, plan, begun)
    crew.stopKilling()
    await killing
    const tookMs = Math.round(performance.now() - begun)
    const wrong = isOver ? await wrongs(ledger, world, plan) : [await leftText(ledger, plan)]
    return { deliveries: loads.flat().length, kills: crew.kills, tookMs, wrong }
  } finally {
    await crew.stop()
    await ledger.close()
    await world.end()
    await database.drop()
  }
}

async function deliver(ledger: Ledger, load: readonly Delivery[]): Promise<void> {
  const mw: Midwatch = await assemble({ run: [tally], worker: false, alarm: () => undefined }, { ledger })
  for (const { session, n } of load) {
    await mw.send(tally, session, { session, n }, { key: `${session}:${n}`, sequence: n })
  }
}

/** Worker processes, each replaced as soon as it is dead. */
class Crew {
  kills = 0
  readonly #children: ChildProcess[] = []
  #over = false

  constructor(
    private readonly url: string,
    private readonly plan: StormPlan,
  ) {}

  async start(): Promise<void> {
    this.#children.push(...(await Promise.all(Array.from({ length: this.plan.workers }, () => this.#fork()))))
  }

  async #fork(): Promise<ChildProcess> {
    const child = await forkBuilt(new URL('worker.ts', import.meta.url), [this.url], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    await Promise.race([once(child, 'message'), once(child, 'exit')])
    return child
  }

  async killAtRandom(chance: () => number): Promise<void> {
    while (!this.#over) {
      await sleep(this.plan.killEveryMs * (0.5 + chance()))
      if (this.#over) return
      const at = Math.floor(chance() * this.#children.length)
      this.#children[at]?.kill('SIGKILL')
      this.kills += 1
      this.#children[at] = await this.#fork()
    }
  }

  stopKilling(): void {
    this.#over = true
  }

  async stop(): Promise<void> {
    this.#over = true
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = once(child, 'exit')
      child.disconnect()
      await Promise.race([gone, sleep(5_000).then(() => child.kill('SIGKILL'))])
    }
  }
}

async function untilWorked(ledger: Ledger, plan: StormPlan, begun: number): Promise<boolean> {
  while (performance.now() - begun < plan.withinMs) {
    const rows = await ledger.sessions({ limit: plan.sessions + 1 })
    if (rows.length === plan.sessions && rows.every((r) => r.turnNo === plan.messages && r.active === null)) return true
    await sleep(250)
  }
  return false
}

async function leftText(ledger: Ledger, plan: StormPlan): Promise<string> {
  const rows = await ledger.sessions({ limit: plan.sessions + 1 })
  const open = rows.filter((r) => r.turnNo < plan.messages || r.active !== null)
  const [first] = open
  const run = first?.active ? await ledger.run({ runId: first.active }) : null
  return `${open.length} sessions were not over in time, such as ${JSON.stringify({ first, run })}`
}

/** Each message worked once and in order, states as a sequential reference has them, the ten invariants. */
async function wrongs(ledger: Ledger, world: pg.Pool, plan: StormPlan): Promise<string[]> {
  const wrong: string[] = []
  let reference = NOTHING
  for (let n = 1; n <= plan.messages; n += 1) reference = after(reference, n)
  const numbers = Array.from({ length: plan.messages }, (_, i) => i + 1).join()
  const { rows } = await world.query(
    'select session, string_agg(n::text, $1 order by no) as seen from public.seen group by 1',
    [','],
  )
  const seen = new Map(rows.map((r: { session: string; seen: string }) => [r.session, r.seen]))
  for (const { session, state } of await ledger.sessions({ limit: plan.sessions + 1 })) {
    if (seen.get(session) !== numbers) wrong.push(`${session}: the world saw ${seen.get(session)}`)
    if (state?.text !== JSON.stringify(reference)) wrong.push(`${session}: its state is ${state?.text}`)
  }
  wrong.push(...(await notCompleted(ledger)))
  const { violations } = await verifyLedger(ledger)
  return [...wrong, ...violations.slice(0, 5).map((v) => JSON.stringify(v))]
}

/** A run that came to nothing explains a state that lacks it. */
async function notCompleted(ledger: Ledger): Promise<string[]> {
  const wrong: string[] = []
  for (let after = ''; ; ) {
    const page = await ledger.runs({ after, limit: 500 })
    const some = page.filter(({ outcome }) => outcome !== 'completed')
    wrong.push(
      ...some.map((r) => `${r.key}: ended ${r.outcome} ${r.detail}, after ${r.claims} claims, ${r.headSeq} entries`),
    )
    after = page.at(-1)?.runId ?? ''
    if (page.length < 500) return wrong
  }
}
