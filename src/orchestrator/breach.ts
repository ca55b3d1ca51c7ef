import { LIMITS } from '../core/limits.js'
import type { Answer } from '../core/ops.js'
import type { Breach } from '../govern/breach.js'
import type { Activation } from './activation.js'
import { steadyChance } from './backoff.js'
import { askPerson } from './escalated.js'
import type { StepRecord } from './journal.js'
import type { Next } from './next.js'
import type { StepResult } from './result.js'
import { exhaustedHere, limitHere, stageNow } from './stage-here.js'

interface Breached {
  readonly meter: Answer['meter']
  readonly onBreach: (meter: string) => Breach
  readonly what: string
  readonly args: string
}

/** A ceiling has no room. A full lane is waited for; else the policy says: end, tell, wait for the window, or ask. */
export async function breach(run: Activation, record: StepRecord, b: Breached): Promise<Next> {
  const { meter } = b
  if (!meter) return null
  const chance = steadyChance(`${run.run.runId}|${record.id}|${run.now()}`)
  if (meter.meter.startsWith('lane:')) {
    await run.wait({ step: record.id, until: run.now() + 25 + Math.ceil(chance * 200), waits: meter.meter })
    return null
  }
  const sum = meter.used + meter.reserved
  const here = meter.scope === '' && limitHere(run, meter.meter) === meter.limit
  const { used, limit, ...over } = here
    ? exhaustedHere(run, meter.meter, sum, meter.limit)
    : { status: 'exhausted' as const, meter: meter.meter, used: sum, limit: meter.limit }
  const policy = b.onBreach(over.meter)
  const numbers = {
    scope: here ? `stage:${stageNow(run)?.name}` : meter.scope,
    meter: meter.meter,
    per: meter.per,
    used: used - meter.reserved,
    reserved: meter.reserved,
    amount: meter.amount,
    limit,
    opensAt: meter.opensAt,
  }
  if (policy === 'wait' && meter.opensAt !== null) {
    await run.book.note({ about: 'breach', step: record.id, args: b.args, detail: numbers })
    await run.wait({
      step: record.id,
      until: meter.opensAt + Math.ceil(chance * 1_000),
      waits: `window:${meter.meter}`,
    })
    return null
  }
  if (typeof policy === 'object' && policy.verdict === 'escalate') {
    const round = 1_000 + record.notes.filter((n) => n.about === 'breach').length
    if (round < 1_000 + LIMITS.check_attempts) {
      const show = {
        question: `${b.what} needs more room on ${meter.meter}. Raise the ceiling and approve, or deny.`,
        numbers,
      }
      const asked = {
        kind: 'approval' as const,
        tool: b.what,
        args: b.args,
        show,
        chain: policy.chain,
        notBefore: null,
        round,
      }
      const answer = await askPerson(run, record, asked)
      await run.book.note({
        about: 'breach',
        step: record.id,
        args: b.args,
        detail: { ...numbers, by: answer.by, decision: answer.decision },
      })
      // Other arguments would be another call: this one has its answer.
      if (answer.decision === 'approve' && answer.result === undefined) return null
    }
  }
  const result: StepResult = { ...over, used, limit }
  await run.book.note({ about: 'breach', step: record.id, args: b.args, final: result, detail: numbers })
  return { result }
}
