import { setTimeout as sleep } from 'node:timers/promises'
import { MidwatchError } from '../../src/core/errors.js'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { chanceOf } from '../sessions/storm.js'
import { Crew } from './crew.js'
import { type Judged, judge } from './judge.js'
import { Person } from './person.js'
import { desk, ticketsOf } from './scene.js'
import { scheduleOf } from './schedule.js'
import { Server } from './server.js'
import { World } from './world.js'

export interface ChaosPlan {
  readonly seed: number
  readonly seconds: number
  readonly sessions: number
  /** In each session. */
  readonly messages: number
  readonly workers: number
}

export interface Chaos extends Judged {
  readonly accepted: number
  readonly deliveries: number
  readonly struck: { readonly SIGKILL: number; readonly SIGSTOP: number }
  readonly restarts: number
  /** Doubts that the person answered, acts of workers that had lost their run, and repeats under a key that the world knew. */
  readonly answered: number
  readonly stale: number
  readonly repeated: number
  readonly tookMs: number
}

export interface Message {
  readonly session: string
  readonly n: number
}

const SENDERS = 8
/** What is sent by the time that so much of the whole is over: the rest is for what waits then. */
const SENT_BY = 0.85
/** How long after the last strike everything may take to come to rest. */
const REST_WITHIN_MS = 180_000
const TENANTS = ['acme', 'bolt'] as const
const TELL_EVERY_MS = 10_000

export const tenantOf = ({ session }: Pick<Message, 'session'>): string =>
  TENANTS[Number(session.slice(1)) % TENANTS.length] ?? TENANTS[0]

/** Every session's messages, in the order in which each session sends them. */
export function messagesOf({ sessions, messages }: Pick<ChaosPlan, 'sessions' | 'messages'>): Message[] {
  const all: Message[] = []
  for (let n = 1; n <= messages; n += 1) for (let s = 1; s <= sessions; s += 1) all.push({ session: `s${s}`, n })
  return all
}

/** Worker processes that are killed and stopped all the while, a database that is restarted, and what came of it. */
export async function chaos(plan: ChaosPlan, tell: (line: string) => void = () => undefined): Promise<Chaos> {
  const begun = performance.now()
  const [server, world] = await Promise.all([Server.start(), World.open()])
  process.env.CHAOS_WORLD_URL = world.url
  const ledger = await postgresLedger({ url: server.url })
  await setCeilings(ledger, messagesOf(plan))
  const mw = await assemble({ run: [desk], worker: false, alarm: () => undefined }, { ledger })
  const crew = await Crew.hire(server.url, plan.workers)
  const night = new Night(plan, { server, world, ledger, mw, crew }, tell)
  try {
    await night.play()
    // Whoever is left would go on clearing doubts of ended runs while the books are read.
    await crew.dismiss()
    const judged = await judge(ledger, world, messagesOf(plan))
    const { accepted, deliveries, restarts, answered } = night
    const { stale, repeated } = world
    const tookMs = performance.now() - begun
    return { ...judged, accepted, deliveries, restarts, answered, stale, repeated, struck: crew.struck, tookMs }
  } finally {
    await crew.dismiss()
    await mw.stop()
    await ledger.close()
    await world.close()
    await server.stop()
  }
}

/** Each ceiling is less than its scope wants: the last ones are refused. */
async function setCeilings(ledger: Ledger, all: readonly Message[]): Promise<void> {
  const wanted = (of: readonly Message[]) => of.reduce((sum, one) => sum + ticketsOf(one), 0)
  const set = (scope: string, of: readonly Message[], share: number, per: 'total' | 'hour' = 'total') =>
    ledger.setCeiling({ scope, meter: 'tickets', per, limit: Math.floor(wanted(of) * share), by: 'operator' })
  await set('fleet', all, 0.9)
  const acme = all.filter((one) => tenantOf(one) === 'acme')
  await set('tenant:acme', acme, 0.7)
  await set('tool:pay', all, 0.95, 'hour')
}

interface Stage {
  readonly server: Server
  readonly world: World
  readonly ledger: Ledger
  readonly mw: Midwatch
  readonly crew: Crew
}

class Night {
  accepted = 0
  deliveries = 0
  restarts = 0
  answered = 0
  readonly #begun = performance.now()

  constructor(
    private readonly plan: ChaosPlan,
    private readonly stage: Stage,
    private readonly tell: (line: string) => void,
  ) {}

  async play(): Promise<void> {
    const person = new Person(this.stage.ledger, this.stage.world)
    const telling = setInterval(() => this.tell(this.#progress()), TELL_EVERY_MS)
    try {
      await Promise.all([this.#strikes(), this.#send()])
      await this.stage.crew.rest()
      await this.#atRest()
    } finally {
      clearInterval(telling)
      this.answered = await person.leave()
    }
  }

  #elapsedMs(): number {
    return performance.now() - this.#begun
  }

  async #strikes(): Promise<void> {
    const { crew, server } = this.stage
    for (const one of scheduleOf(this.plan)) {
      await sleep(Math.max(0, one.atMs - this.#elapsedMs()))
      if (one.what === 'SIGKILL' || one.what === 'SIGSTOP') crew.strike(one)
      else {
        await server.restart(one.what)
        this.restarts += 1
      }
    }
  }

  /** Messages come spread over the time, each to its session in order, a fifth of them twice; whoever sends tries until it is taken. */
  async #send(): Promise<void> {
    const all = messagesOf(this.plan)
    const everyMs = (this.plan.seconds * 1_000 * SENT_BY) / all.length
    const lane = async (mine: number) => {
      const chance = chanceOf(this.plan.seed * 100 + mine)
      for (const [i, message] of all.entries()) {
        if (Number(message.session.slice(1)) % SENDERS !== mine) continue
        await sleep(Math.max(0, i * everyMs - this.#elapsedMs()))
        for (let times = chance() < 0.2 ? 2 : 1; times > 0; times -= 1) await this.#deliver(message)
        this.accepted += 1
      }
    }
    await Promise.all(Array.from({ length: SENDERS }, (_, mine) => lane(mine)))
  }

  async #deliver(message: Message): Promise<void> {
    for (;;) {
      this.deliveries += 1
      try {
        const of = { key: `${message.session}:${message.n}`, sequence: message.n, tenant: tenantOf(message) }
        await this.stage.mw.send(desk, message.session, message, of)
        return
      } catch (error) {
        if (!(error instanceof MidwatchError && error.retryable)) throw error
        await sleep(100)
      }
    }
  }

  async #atRest(): Promise<void> {
    const { sessions, messages } = this.plan
    for (const until = performance.now() + REST_WITHIN_MS; performance.now() < until; await sleep(250)) {
      const rows = await this.stage.ledger.sessions({ limit: sessions + 1 })
      if (rows.length === sessions && rows.every((r) => r.turnNo === messages && r.active === null)) return
    }
  }

  #progress(): string {
    const { crew, world } = this.stage
    const seconds = Math.round(this.#elapsedMs() / 1_000)
    const left = Math.max(0, this.plan.seconds - seconds)
    const told = world.acts.filter((act) => act.startsWith('tell ')).length
    const { SIGKILL, SIGSTOP } = crew.struck
    return `${seconds} s: ${this.accepted} of ${this.plan.sessions * this.plan.messages} messages taken, ${told} told to the world; ${SIGKILL} killed, ${SIGSTOP} stopped, ${this.restarts} restarts; ${left > 0 ? `${left} s left` : 'coming to rest'}`
  }
}
