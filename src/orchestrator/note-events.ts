import type { Rung } from '../core/escalation.js'
import type { Observed, ObservedRun, StepSort } from '../core/observed.js'
import type { NoteBody } from './bodies.js'

/** What a note tells those who observe. */
interface NoteTold {
  /** The step that it shows to be under way. */
  readonly proposed?: { readonly sort: StepSort; readonly name: string }
  readonly events: readonly Observed[]
}

/** Whatever the details of notes may hold. */
interface Details {
  readonly tool?: string | null
  readonly agent?: string
  readonly atOnce?: number
  readonly id?: string
  readonly kind?: 'approval' | 'doubt' | 'question'
  readonly chain?: readonly Rung[]
  readonly decision?: Extract<Observed, { kind: 'escalation.answered' }>['decision']
  readonly signal?: string
  readonly policy?: Extract<Observed, { kind: 'signal' }>['policy']
  readonly meter?: string
  readonly used?: number
  readonly reserved?: number
  readonly limit?: number
  readonly of?: string
  readonly confidence?: number
  readonly below?: number
  readonly by?: string
  readonly name?: string
  readonly value?: number | null
}

/** Events of a note; `known`: what its step calls. What only waits, wakes or keeps state tells nothing. */
export function noteEvents(run: ObservedRun, { about, step, final, detail }: NoteBody, known?: string): NoteTold {
  if (step === undefined) return { events: [] }
  const told = (typeof detail === 'object' && detail !== null ? detail : {}) as Details
  const { tool, id = '' } = told
  const proposed = tool ? { sort: 'tool' as const, name: tool } : undefined
  const of = { run, step }
  switch (about) {
    case 'refused':
    case 'failed':
      return { ...(proposed && { proposed }), events: final?.status === 'refused' ? [refusal(of, final)] : [] }
    case 'repeated':
      return { events: [{ kind: 'repeated', ...of }] }
    case 'breach':
      return { events: [breachOf(of, told)] }
    case 'escalated': {
      const asked = { escalation: id, about: told.kind ?? 'approval', to: told.chain?.[0]?.to ?? '' }
      return { ...(proposed && { proposed }), events: [{ kind: 'escalation.asked', ...of, ...asked }] }
    }
    case 'answered':
    case 'expired':
      return { events: told.decision ? [answered(of, id, told.decision)] : [] }
    case 'called':
    case 'mapping':
      return called(of, told, final, known)
    case 'signal':
      return { events: [{ kind: 'signal', ...of, signal: told.signal ?? '', policy: told.policy ?? 'note' }] }
    case 'confidence':
      return { events: estimated(of, told) }
    case 'scored':
      return { events: scored(run, told) }
    case 'opened':
      return { events: final?.status === 'completed' ? [entered(run, final.output)] : [] }
    default:
      return { events: [] }
  }
}

interface Of {
  readonly run: ObservedRun
  readonly step: string
}

function refusal(of: Of, { reason, rule }: { readonly reason: string; readonly rule: string }): Observed {
  return { kind: 'refused', ...of, reason, rule }
}

function estimated(step: Of, { of = '', confidence, below = 0, by }: Details): Observed[] {
  if (confidence === undefined) return []
  return [{ kind: 'estimated', ...step, of, confidence, below, by: by === 'verifier' ? by : 'samples' }]
}

/** What could not be found out is no score. */
function scored(run: ObservedRun, { of: runId = '', name = '', value = null }: Details): Observed[] {
  return value === null ? [] : [{ kind: 'scored', run, scored: runId, name, value, by: 'verifier' }]
}

function answered(of: Of, escalation: string, decision: NonNullable<Details['decision']>): Observed {
  return { kind: 'escalation.answered', ...of, escalation, decision }
}

function breachOf(of: Of, { meter = '', used = 0, reserved = 0, limit = 0 }: Details): Observed {
  return { kind: 'breach', ...of, meter, used: used + reserved, limit }
}

/** The rows of a map are runs of the same flow. */
function called(of: Of, { agent, atOnce }: Details, final: NoteBody['final'], known: string | undefined): NoteTold {
  const name = agent ?? known ?? of.run.agent
  const named = { ...of, sort: 'call' as const, name }
  if (final) {
    const { status = 'completed' } = (final.status === 'completed' ? final.output : final) as { status?: string }
    return { events: [{ kind: 'call.ended', ...named, status }] }
  }
  if (agent === undefined && atOnce === undefined) return { events: [] }
  return { proposed: { sort: 'call', name }, events: [{ kind: 'call.began', ...named }] }
}

function entered(run: ObservedRun, opened: unknown): Observed {
  const { turns = [] } = (opened ?? {}) as { turns?: readonly { readonly run: string }[] }
  return { kind: 'session.entered', run, turnBefore: turns.at(-1)?.run ?? null }
}
