import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Told } from '../../examples/bring-your-own/callers.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { type ModelServer, modelServer, type Reply, type ScriptedRequest } from '../../src/testing/index.js'
import { freshDatabase } from '../database.js'

/** Of `openai/gpt-5-mini`: dollars per token. */
const PRICE = { input: 0.25 / 1e6, output: 2 / 1e6 }
export const CEILING_USD = 0.05
/** What each scripted answer says that it took. */
const USAGE = { inputTokens: 1_000, outputTokens: 100 }

/** The agent of the example: it looks an order up, writes an e-mail and says so. */
function shopReply({ messages }: ScriptedRequest): Reply {
  const results = messages.filter(({ role }) => role === 'tool').length
  const asked = JSON.stringify(messages.find(({ role }) => role === 'user'))
  const order = /Order ([\w-]+)/.exec(asked)?.[1] ?? '?'
  if (results === 0) return { toolCalls: [{ name: 'findOrder', input: { orderId: order } }], usage: USAGE }
  const mail = { to: `${order}@example.com`, text: 'On its way.' }
  if (results === 1) return { toolCalls: [{ name: 'sendEmail', input: mail }], usage: USAGE }
  return { text: 'I wrote to you.', usage: USAGE }
}

export interface Night {
  readonly ledger: Ledger
  readonly model: ModelServer
  /** Addresses that e-mails went to, in order. */
  outbox(): Promise<string[]>
  /** A process of the example, as its own `start.ts` runs. */
  start(callers: number | 'key', mark: string, env?: Record<string, string>): ChildProcess
  /** What the answers that went out cost, by the provider's own count. */
  spentUsd(): number
}

/** A database, a scripted model behind a real server and an outbox; afterwards the ten invariants hold. */
export async function withShop<T>(work: (night: Night) => Promise<T>): Promise<T> {
  const database = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'midwatch-bring-'))
  const model = await modelServer({ replies: shopReply })
  const ledger = await postgresLedger({ url: database.url })
  const outbox = join(folder, 'outbox.txt')
  const own = { DATABASE_URL: database.url, SHOP_MODEL_URL: model.url, SHOP_OUTBOX: outbox }
  const children: ChildProcess[] = []
  try {
    const result = await work({
      ledger,
      model,
      outbox: async () => (await readFile(outbox, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
      start: (callers, mark, env = {}) => {
        const argv = ['--import', 'tsx', 'examples/bring-your-own/start.ts', String(callers), mark]
        const stdio = ['ignore', 'pipe', 'inherit'] as const
        const child = spawn(process.execPath, argv, { env: { ...process.env, ...own, ...env }, stdio: [...stdio] })
        children.push(child)
        return child
      },
      spentUsd: () => model.requests.length * (USAGE.inputTokens * PRICE.input + USAGE.outputTokens * PRICE.output),
    })
    const { violations } = await verifyLedger(ledger)
    if (violations.length > 0) throw new Error(`Invariants do not hold: ${JSON.stringify(violations.slice(0, 3))}`)
    return result
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await model.close()
    await ledger.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a process of the example says at its end. */
export async function toldBy<T = Told>(child: ChildProcess): Promise<T> {
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  await once(child, 'close')
  return JSON.parse(text) as T
}

/** Micro-dollars that the ledger counts on the agent's ceiling: used, reserved, and the limit that held. */
export async function metered(ledger: Ledger): Promise<{ used: number; reserved: number }> {
  const rows = (await ledger.meters({ scope: 'agent:desk' })).filter(({ meter }) => meter === 'usd')
  const sum = (pick: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + pick(row), 0)
  return { used: sum((row) => row.used), reserved: sum((row) => row.reserved) }
}
