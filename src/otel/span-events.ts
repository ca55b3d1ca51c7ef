import type { Attributes, AttributeValue } from '@opentelemetry/api'
import type { Observed } from '../core/observed.js'
import { attributes } from './attributes.js'
import { type Attribute, EVENTS, type EventSort } from './conventions.js'

interface SpanEvent {
  readonly name: string
  readonly attributes: Attributes
}

/** What is told, as an event on a span; null for what shows otherwise. */
export function spanEvent(event: Observed): SpanEvent | null {
  switch (event.kind) {
    case 'verdict':
      return made('verdict', { step: event.step, toolName: event.tool, verdict: event.verdict, rule: event.rule })
    case 'begin.granted':
      return made('reservation', {
        meters: event.charges.map(({ scope, meter }) => (scope === '' ? meter : `${scope}:${meter}`)),
        amounts: event.charges.map(({ amount }) => amount),
      })
    case 'begin.refused':
      return beginRefused(event)
    case 'refused':
      return made('refusal', { step: event.step, code: 'policy', reason: event.reason, rule: event.rule })
    case 'breach':
      return made('refusal', { ...of(event), code: 'breach', meter: event.meter, used: event.used, limit: event.limit })
    case 'escalation.asked':
      return made('escalationAsked', { ...of(event), escalation: event.escalation, about: event.about, to: event.to })
    case 'escalation.answered':
      return made('escalationAnswered', { ...of(event), escalation: event.escalation, decision: event.decision })
    case 'doubt.raised':
      return made('doubt', { ...of(event), name: event.name, reason: event.why })
    case 'doubt.resolved':
      return made('doubtResolved', { ...of(event), name: event.name, did: event.did, source: event.source })
    case 'kill.met':
      return made('kill', { scope: event.scope, mode: event.mode, where: event.where })
    case 'signal':
      return made('signal', { signal: event.signal, policy: event.policy, step: event.step })
    case 'estimated': {
      const { step, of: proposed, confidence, below: bar, by: estimator } = event
      return made('estimate', { step, proposed, confidence, bar, estimator })
    }
    case 'scored': {
      const { name: evaluationName, value: evaluationScore, scored, by: scoredBy } = event
      return made('evaluation', { evaluationName, evaluationScore, scored, scoredBy })
    }
    case 'fallback':
      return made('fallback', { ...of(event), name: event.name })
    case 'repeated':
      return made('repeat', of(event))
    default:
      return null
  }
}

function beginRefused(event: Extract<Observed, { kind: 'begin.refused' }>): SpanEvent | null {
  const { step, name, code, meter } = event
  if (code === 'breaker_open') return made('breaker', { step, name, code })
  // The kill that was met is told by itself.
  if (code === 'switched') return null
  const numbers = meter && {
    meter: meter.meter,
    scope: meter.scope,
    used: meter.used + meter.reserved,
    limit: meter.limit,
  }
  return made('refusal', { step, name, code, ...numbers })
}

const of = ({ step }: { readonly step: string }) => ({ step })

function made(sort: EventSort, given: Partial<Record<Attribute, AttributeValue | null | undefined>>): SpanEvent {
  return { name: EVENTS[sort][0], attributes: attributes(given) }
}
