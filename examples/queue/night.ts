import { setTimeout as sleep } from 'node:timers/promises'
import { CASES, type Case } from '../refund-desk/night/cases.js'
import { Crew } from '../refund-desk/night/crew.js'
import { nightOf } from '../refund-desk/night/night.js'
import { type Stage, setStage } from '../refund-desk/night/stage.js'
import { duplicates } from '../refund-desk/report/count.js'
import { Broker } from './broker.js'
import { httpQueue, type Queue } from './queue.js'

export interface NightOptions {
  readonly home: string
  readonly databaseUrl?: string
  /** Names of cases of the refund desk. */
  readonly names: readonly string[]
}

const SEED = 7
const STOP_WITHIN_MS = 5_000
const LOOK_MS = 50
/** Which of the deletes that are lost, counted from 1, is lost because its sender dies. */
const DIES_AT = 2

/** A night of the desk behind an at-least-once queue: told line by line. */
export async function workNight({ home, databaseUrl, names }: NightOptions): Promise<string[]> {
  const cases = names.flatMap((name) => CASES.find((one) => one.name === name) ?? [])
  const tenant = `queue-${Date.now().toString(36)}`
  let lost = 0
  let killed = 0
  // No first delete arrives: so each message comes again, those whose run is under way among them.
  const losesDelete = (received: number, userAgent: string) => {
    if (received > 1) return false
    lost += 1
    if (lost === DIES_AT) {
      killed += 1
      crew.kill(Number(userAgent.replace('desk/', '')))
    }
    return true
  }
  const broker = new Broker({ visibilityTimeout: 1, maxReceiveCount: 8, losesDelete })
  const url = await broker.start()
  const stage = await setStage({
    home,
    ...(databaseUrl && { databaseUrl }),
    night: nightOf(SEED),
    killSender: () => undefined,
  })
  const env = { ...stage.env, MIDWATCH_HOME: home, QUEUE_URL: url, QUEUE_TENANT: tenant }
  const crew = new Crew({ file: new URL('worker.ts', import.meta.url), size: 2, env, log: stage.log })
  try {
    await crew.start()
    const sent = await sendAll(httpQueue(url), tenant, cases)
    const ended = await Promise.all(cases.map((of) => endsOf(stage, tenant, of)))
    while (!broker.isEmpty) await sleep(LOOK_MS)
    const facts = await stage.witness.midwatch.facts()
    const runs = await stage.mw.ledger.runs({ tenant })
    return [
      ...ended,
      `${sent} messages were sent, each delivered ${broker.leastDeliveries >= 2 ? 'twice or more often' : 'once or more often'}`,
      `runs: ${runs.length}`,
      `SIGKILL between accepting a message and removing it: ${killed} ×`,
      `laid aside: ${broker.dead.sort().join(' and ')}`,
      `done twice: ${duplicates(facts)}`,
    ]
  } finally {
    await crew.stop(STOP_WITHIN_MS)
    await broker.stop()
    await stage.close()
  }
}

/** What customers wrote, as often as their channels send it; and two messages that no run can be made of. How many in all. */
async function sendAll(queue: Queue, tenant: string, cases: readonly Case[]): Promise<number> {
  const bodies = cases.flatMap((of) =>
    of.messages.flatMap(({ session, text, deliveries = 1 }, index) => {
      const body = JSON.stringify({ key: keyOf(tenant, of, index), session: `${tenant}:${session}`, text })
      return Array.from({ length: deliveries }, () => body)
    }),
  )
  const unfit = ['no JSON', JSON.stringify({ text: 'From whom?' })]
  await Promise.all([...bodies, ...unfit].map((body) => queue.send(body)))
  return bodies.length + unfit.length
}

const keyOf = (tenant: string, of: Case, index: number): string => `${tenant}:${of.name}:${index}`

/** How the runs of a case ended. Whoever sent the message asks for its run by the key. */
async function endsOf({ mw }: Stage, tenant: string, of: Case): Promise<string> {
  const statuses = of.messages.map(async (_, index) => {
    const key = keyOf(tenant, of, index)
    for (;;) {
      const run = (await mw.ledger.runs({ tenant })).find((one) => one.key === key)
      if (run) return (await mw.run(run.runId).outcome()).status
      await sleep(LOOK_MS)
    }
  })
  return `${of.name}: ${(await Promise.all(statuses)).join(', ')}`
}
