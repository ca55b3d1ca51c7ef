import type { Midwatch } from 'midwatch'
import { refundDesk } from '../agent.js'
import type { Case } from './cases.js'
import type { Delivery, Ended, WorkingDesk } from './ended.js'

type Outcome = Awaited<ReturnType<Awaited<ReturnType<typeof begin>>['outcome']>>

const begin = (mw: Midwatch, tenant: string, { text, key, session }: Delivery) =>
  mw.start(refundDesk, { input: { message: text }, key, session, tenant })

export interface MidwatchDeskOptions {
  readonly mw: Midwatch
  /** Each night is a tenant of its own, so that yesterday's refunds do not count against tonight's ceiling. */
  readonly tenant: string
  readonly approved: (runId: string) => boolean
}

/** The governed desk, as its callers see it: start by key, wait for an outcome, handle each kind. */
export class MidwatchDesk implements WorkingDesk {
  readonly side = 'midwatch'
  readonly #cases = new Map<string, Case>()

  constructor(private readonly options: MidwatchDeskOptions) {}

  caseOf(runId: string): Case | undefined {
    return this.#cases.get(runId)
  }

  async deliver(delivery: Delivery): Promise<Ended> {
    const { mw, tenant, approved } = this.options
    const from = performance.now()
    const run = await begin(mw, tenant, delivery)
    this.#cases.set(run.id, delivery.case)
    const outcome = await run.outcome()
    const latencyMs = performance.now() - from
    const meters = (await mw.ledger.run({ runId: run.id }))?.meters ?? {}
    return {
      side: 'midwatch',
      delivery,
      status: outcome.status,
      why: whyOf(outcome),
      latencyMs,
      steps: meters.steps?.used ?? 0,
      retries: meters.retries?.used ?? 0,
      runId: run.id,
      asked: (await mw.ledger.escalations({ runId: run.id })).length > 0,
      approved: approved(run.id),
    }
  }
}

function whyOf(outcome: Outcome): string {
  switch (outcome.status) {
    case 'completed':
      return outcome.output.resolution
    case 'refused':
      return outcome.say
    case 'handed_over':
      return `to ${outcome.to}`
    case 'exhausted':
      return `ceiling on ${outcome.meter}`
    case 'failed':
      return outcome.code
    case 'killed':
      return `by ${outcome.by}`
    default:
      return outcome satisfies never
  }
}
