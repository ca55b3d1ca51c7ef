import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { isCatalogued } from '../../src/core/refusals.js'
import type { RunRow } from '../../src/core/run-row.js'
import { assemble, type Midwatch, type MidwatchOptions, type Ports, type WorkerOptions } from '../../src/runtime.js'
import type { LedgerKind } from '../runtime-on.js'
import { type ClockedLedger, clockedLedger } from './clocks.js'

/** Longer than any jump of a test: what is shown is the work's time, not the worker's death. */
const WORKER = { lease: '8d' } as const

/** A ledger for one group of tests, with a clock to put forward, and runtimes on it that are stopped after each test. */
export interface Stage {
  readonly ledger: Ledger
  readonly url: string | null
  /** What runtimes were alarmed by. A test that expects an alarm takes it out; what is left fails the test. */
  readonly alarms: string[]
  /** A name, or a tenant, that no other test of the group uses. */
  name(of: string): string
  runtime(options: MidwatchOptions, ports?: Ports): Promise<Midwatch>
  /** Puts the ledger's clock forward. */
  jump(ms: number): Promise<void>
  /** The run, as soon as it is as wanted: looked at whenever the ledger says that something moved. */
  until(runId: string, wanted: (run: RunRow) => boolean): Promise<RunRow>
}

/** Sets up a stage for the tests of the group it is called in. After each test the ten invariants hold. */
export function stage(kind: LedgerKind): Stage {
  let clocked: ClockedLedger
  let names = 0
  const running: Midwatch[] = []
  const alarms: string[] = []
  beforeAll(async () => {
    clocked = await clockedLedger(kind)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((mw) => mw.stop()))
    const { violations } = await verifyLedger(clocked.ledger)
    expect(violations).toEqual([])
    expect(await strayRefusals(clocked.ledger)).toEqual([])
    expect(alarms.splice(0)).toEqual([])
  })
  afterAll(() => clocked.close())
  const runtime = async (options: MidwatchOptions, ports: Ports = {}) => {
    const worker: WorkerOptions | false = options.worker === false ? false : { ...WORKER, ...options.worker }
    const alarm = (what: string) => alarms.push(what)
    const mw = await assemble({ alarm, ...options, worker }, { ledger: clocked.ledger, ...ports })
    running.push(mw)
    return mw
  }
  return {
    get ledger() {
      return clocked.ledger
    },
    get url() {
      return clocked.url
    },
    alarms,
    name: (of) => `${of}-${++names}`,
    runtime,
    jump: (ms) => clocked.jump(ms),
    until: (runId, wanted) => until(clocked.ledger, runId, wanted),
  }
}

/** Refusals in any journal that are of no catalogue. */
async function strayRefusals(ledger: Ledger): Promise<string[]> {
  const runs = await ledger.runs({ limit: 500 })
  const journals = await Promise.all(runs.map(({ runId }) => ledger.journal({ runId })))
  return journals.flat().flatMap(({ body, runId, seq }) => {
    const { final, outcome = final } = JSON.parse(body || '{}') as Record<'final' | 'outcome', Refusal | undefined>
    return outcome?.status !== 'refused' || isCatalogued(outcome) ? [] : [`${runId} ${seq}: ${outcome.rule}`]
  })
}

interface Refusal {
  readonly status?: string
  readonly reason?: string
  readonly rule?: string
}

const LOOK_MS = 10

async function until(ledger: Ledger, runId: string, wanted: (run: RunRow) => boolean): Promise<RunRow> {
  for (;;) {
    const run = await ledger.run({ runId })
    if (run && wanted(run)) return run
    await new Promise((look) => setTimeout(look, LOOK_MS))
  }
}
