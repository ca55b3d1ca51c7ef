import type { JsonValue } from '../../core/json.js'
import { CONFIDENCE_RULE } from '../../govern/confidence/low.js'
import { escalationId } from '../../orchestrator/escalated.js'
import type { Moment } from './moments.js'
import type { Recording } from './recording.js'
import { ALLOWED, ceilingRule, type Numbers, type Ruling } from './ruling.js'

type Detail = {
  readonly id?: string
  readonly chain?: Ruling['chain']
  readonly show?: { readonly numbers?: Numbers; readonly below?: number }
} & Partial<Numbers>

/**
 * What was said of a moment when it was recorded. What the ledger said for reasons that no policy holds (the key was used
 * before, another run has the lock) counts as allowed.
 */
export function ruledThen(recording: Recording, moment: Moment): Ruling {
  const { entry, body, step } = moment
  if (entry.kind === 'begin') return ALLOWED
  const detail = detailOf(body.detail)
  if (body.about === 'breach') return breachThen(recording, moment, numbersIn(detail))
  if (body.about === 'escalated') {
    const numbers = numbersIn(detail.show ? detailOf(detail.show.numbers as unknown as JsonValue) : {})
    const chain = detail.chain ?? []
    if (numbers) return { verdict: 'escalate', rule: ruleOf(numbers), chain, numbers }
    const isRule = detail.id === escalationId(recording.run.runId, step, 0)
    const rule = detail.show?.below === undefined ? `rules.${moment.tool}` : CONFIDENCE_RULE
    return isRule ? { verdict: 'escalate', rule, chain } : ALLOWED
  }
  return body.about === 'refused' ? refusedThen(recording, moment) : ALLOWED
}

/** Every refusal counts a strike, and the last one allowed ends the run. */
function refusedThen(recording: Recording, { entry, body, sort }: Moment): Ruling {
  const { final } = body
  const { rule, say } = final?.status === 'refused' ? final : { rule: '', say: '' }
  if (endedBy(recording, 'strikes', entry.seq)) return { verdict: 'end', rule: 'ceilings.run.strikes', say }
  if (sort === 'unusable') return { verdict: 'refuse', rule: 'unusable', say }
  return rule.startsWith('rules.') || rule === CONFIDENCE_RULE ? { verdict: 'refuse', rule, say } : ALLOWED
}

function breachThen(recording: Recording, { entry, body }: Moment, numbers: Numbers | null): Ruling {
  const rule = numbers ? ruleOf(numbers) : null
  const told = numbers ? { numbers } : {}
  const { final } = body
  if (final === undefined) return { verdict: 'wait', rule, ...told }
  const ended = numbers !== null && endedBy(recording, numbers.meter, entry.seq)
  return { verdict: ended ? 'end' : 'refuse', rule, ...told }
}

/** True where the run ended for want of room on a meter, and nothing was begun or judged after the entry. */
function endedBy({ run, entries }: Recording, meter: string, seq: number): boolean {
  if (run.outcome !== 'exhausted' || run.detail !== meter) return false
  return !entries.some((e) => e.seq > seq && (e.kind === 'begin' || e.kind === 'note'))
}

const detailOf = (detail: JsonValue | undefined): Detail =>
  typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? (detail as unknown as Detail) : {}

function numbersIn(detail: Detail): Numbers | null {
  const { scope, meter, per, used, reserved, amount, limit } = detail
  if (scope === undefined || meter === undefined || per === undefined) return null
  return { scope, meter, per, used: used ?? 0, reserved: reserved ?? 0, amount: amount ?? 0, limit: limit ?? 0 }
}

const ruleOf = ({ scope, meter, per }: Numbers): string => ceilingRule(scope, meter, per)
