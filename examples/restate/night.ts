import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from 'midwatch'
import { SHOP_URL } from '../refund-desk/acts/the-desk.js'
import type { Case } from '../refund-desk/night/cases.js'
import { Crew } from '../refund-desk/night/crew.js'
import { type Night, nightOf } from '../refund-desk/night/night.js'
import { type Stage, setStage } from '../refund-desk/night/stage.js'
import type { WrittenFact } from '../refund-desk/world/witness.js'
import { DESK, type Message } from './desk.js'
import { NET } from './net.js'
import { Person } from './person.js'
import { freePort, RestateServer } from './server/server.js'

export interface NightOptions {
  readonly binary: string
  /** Folder for the server's data, which begins anew, and for what the processes print. */
  readonly home: string
  readonly databaseUrl?: string
  readonly seed: number
  readonly cases: readonly Case[]
  /** Cases under way at once; default all. */
  readonly atOnce?: number
  /** Which requests to the payment provider, counted from 1, the Restate server does not survive. */
  readonly serverDiesAt: readonly number[]
  /** Before the inbox opens: more stock, for example. */
  readonly prepare?: (shopUrl: string) => Promise<void>
  readonly said?: (line: string) => void
}

/** How a delivery ended, by the ledger. */
interface Delivered {
  readonly case: Case
  readonly status: Outcome<unknown>['status']
}

/** What became of the messages, by the ledger, and what was done, by whoever did it. */
export interface NightRecord {
  readonly ended: readonly Delivered[]
  readonly facts: readonly WrittenFact[]
  readonly kills: { readonly server: number; readonly service: number }
  /** Refunds that a person said yes to. */
  readonly approved: number
}

/** All that works in a night. */
interface Troupe {
  readonly stage: Stage
  readonly restate: RestateServer
  readonly crew: Crew
}

const STOP_WITHIN_MS = 5_000

/** A night of the refund desk under Restate: its server and its service are killed while they work, and come back. */
export async function workNight(options: NightOptions): Promise<NightRecord> {
  const { cases, said = () => undefined } = options
  const tenant = `restate-${Date.now().toString(36)}`
  let service = 0
  const troupe = await assembled(options, tenant, (pid, crew) => {
    service += 1
    said(`SIGKILL: the service ${pid}, after the payment and before it heard of it`)
    crew.kill(pid)
  })
  const { stage, restate } = troupe
  const tell = (session: string, words: object) => restate.call(DESK, session, 'answer', words)
  const person = new Person({ mw: stage.mw, cases, witness: stage.witness.midwatch, tell })
  try {
    await options.prepare?.(stage.env[SHOP_URL] ?? '')
    person.start()
    const ended = await deliverAll(troupe, cases, tenant, options.atOnce ?? cases.length, said)
    const facts = await stage.witness.midwatch.facts()
    const answered = await stage.mw.ledger.escalations({ state: 'answered', kind: 'approval', tenants: [tenant] })
    return { ended: ended.flat(), facts, kills: { server: restate.kills, service }, approved: answered.length }
  } finally {
    await person.stop()
    await leave(troupe)
  }
}

/** The stage, the Restate server on new data, and the service that it calls. */
async function assembled(
  { binary, home, databaseUrl, seed, cases, serverDiesAt, said = () => undefined }: NightOptions,
  tenant: string,
  killService: (pid: number, crew: Crew) => void,
): Promise<Troupe> {
  const data = join(home, 'restate')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { recursive: true })
  const killServer = () => {
    said('SIGKILL: the Restate server, while a payment is asked for')
    void restate.kill()
  }
  const night = watched(nightOf(seed, cases), serverDiesAt, killServer)
  const killSender = (_: string, pid: number) => killService(pid, crew)
  const stage = await setStage({ home, ...(databaseUrl && { databaseUrl }), night, killSender })
  const port = await freePort()
  const env = { ...stage.env, MIDWATCH_HOME: home, RESTATE_SERVICE_PORT: String(port), RESTATE_TENANT: tenant }
  const crew = new Crew({ file: new URL('service.ts', import.meta.url), size: 1, env, log: stage.log })
  const [restate] = await Promise.all([RestateServer.start({ binary, home: data, log: stage.log }), crew.start()])
  await restate.register(`http://127.0.0.1:${port}`)
  await restate.call(NET, tenant, 'sweep', null)
  return { stage, restate, crew }
}

/** The night, and somebody who counts what the provider is asked. */
function watched(night: Night, diesAt: readonly number[], kill: () => void): Night {
  let requests = 0
  return {
    ...night,
    provider: (orderId, nth) => {
      requests += 1
      if (diesAt.includes(requests)) kill()
      return night.provider(orderId, nth)
    },
  }
}

async function deliverAll(
  { stage, restate }: Troupe,
  cases: readonly Case[],
  tenant: string,
  atOnce: number,
  said: (line: string) => void,
): Promise<Delivered[][]> {
  const ended: Delivered[][] = cases.map(() => [])
  const left = [...cases.entries()]
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [place, of] = next
      ended[place] = await Promise.all(
        deliveriesOf(of, tenant).map(async ({ session, message }) => {
          const runId = await restate.call<string>(DESK, session, 'message', message)
          const { status } = await stage.mw.run(runId).outcome()
          said(`${of.name.padEnd(18)} ${status}`)
          return { case: of, status }
        }),
      )
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return ended
}

/** Each delivery of each message of a case, as its channel makes them. */
function deliveriesOf(of: Case, tenant: string): { session: string; message: Message }[] {
  return of.messages.flatMap(({ session, text, deliveries = 1 }, index) => {
    const message = { key: `${tenant}:${of.name}:${index}`, text }
    return Array.from({ length: deliveries }, () => ({ session: `${tenant}:${session}`, message }))
  })
}

async function leave({ stage, restate, crew }: Troupe): Promise<void> {
  await restate.stop()
  await crew.stop(STOP_WITHIN_MS)
  await stage.close()
}
