import { expect } from 'vitest'
import { verifyLedger } from '../src/core/invariants/verify.js'
import type { Ledger } from '../src/core/ledger.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import { assemble, type Midwatch, type MidwatchOptions, type Ports } from '../src/runtime.js'
import { freshDatabase } from './database.js'

export const LEDGERS = ['memory', 'postgres'] as const
export type LedgerKind = (typeof LEDGERS)[number]

interface Opened {
  readonly ledger: Ledger
  close(): Promise<void>
}

export async function openLedger(kind: LedgerKind): Promise<Opened> {
  if (kind === 'memory') return { ledger: memoryLedger(), close: async () => undefined }
  const database = await freshDatabase()
  const ledger = await postgresLedger({ url: database.url })
  const close = async () => {
    await ledger.close()
    await database.drop()
  }
  return { ledger, close }
}

/** A runtime on a ledger of its own; afterwards the ten invariants hold and nothing was alarming. */
export async function withRuntime<T>(
  kind: LedgerKind,
  options: MidwatchOptions,
  work: (mw: Midwatch, ledger: Ledger) => Promise<T>,
  ports: Ports = {},
): Promise<T> {
  const opened = await openLedger(kind)
  const alarms: string[] = []
  const mw = await assemble({ alarm: (what) => alarms.push(what), ...options }, { ...ports, ledger: opened.ledger })
  try {
    const result = await work(mw, opened.ledger)
    const { violations } = await verifyLedger(opened.ledger)
    expect(violations).toEqual([])
    expect(alarms).toEqual([])
    return result
  } finally {
    await mw.stop()
    await opened.close()
  }
}

/** The first open escalation, as soon as there is one. */
export async function escalated(mw: Midwatch, runId: string): Promise<string> {
  for await (const _event of mw.run(runId).events()) {
    const [open] = await mw.ledger.escalations({ state: 'open', runId })
    if (open) return open.id
  }
  throw new Error('The run ended and asked nobody.')
}
