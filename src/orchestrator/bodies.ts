import type { JsonValue } from '../core/json.js'
import type { TraceContext } from '../core/trace.js'
import type { Above } from '../govern/above.js'
import type { StepResult } from './result.js'

/** Body of the first entry. */
export interface AdmitBody {
  readonly input: JsonValue
  /** Redriven: the key of the request that the lineage began with; effect keys are made of it, not of the new run's. */
  readonly messageKey?: string
  /** Redriven: under which key that was asked for. */
  readonly redriveKey?: string
  /** A child: what the runs above it let everything below them use, the root first. */
  readonly above?: readonly Above[]
  /** A child that was given a share of what its parent had left: ceilings of its own, smallest units. */
  readonly share?: readonly { readonly meter: string; readonly limit: number }[]
  /** An item of `ctx.map`: the step of its parent, and the item's key. */
  readonly map?: { readonly step: string; readonly key: string }
  /** The trace that the caller asked for it in; handed on to children and continuations. */
  readonly trace?: TraceContext
}

/** What was proposed: `said` is the model's stated reason, kept with its proposal. */
export interface BeginBody {
  readonly sort: 'tool' | 'model' | 'read'
  readonly name: string
  /** Digest of the arguments, compared at replay. Left out where the entry's effect has it. */
  readonly args?: string
  readonly input?: JsonValue
  readonly said?: string
  /** model: which of the fallback order, from 0. */
  readonly model?: number
  /** model: it was asked beside the conversation, to judge or to compare. */
  readonly aside?: boolean
  /** Part of the key that sets a second effect, asked for by a person, apart from the first. */
  readonly again?: string
  /** The escalation that allowed it. */
  readonly approval?: string
  /** It stands for one that the ledger has lost: whose it was, and when that was begun. */
  readonly lost?: { readonly runId: string; readonly seq: number; readonly at: number; readonly session: string | null }
}

/** Why an attempt gave nothing. */
export interface FaultBody {
  readonly code: string
  readonly message?: string
  readonly retryAfterMs?: number
}

/** lost: the worker died · timeout · unsure: the ledger may have lost it · or what the tool threw. */
export interface DoubtBody {
  readonly step: string
  readonly why: string
  readonly message?: string
  /** unsure: from when on it may have been sent; the attempt that is in doubt itself was not. */
  readonly since?: number
}

/** `final` where the step is over with it; else `fault`, and the orchestrator tries again. */
export interface SettleBody {
  readonly final?: StepResult
  /** With final: when, by the ledger's clock as the worker knew it; what `ctx.now` gives afterwards. */
  readonly at?: number
  readonly fault?: FaultBody
  /** Tokens as the provider gave them, and the model that answered. */
  readonly usage?: JsonValue
  readonly model?: string
  /** How it is known: `check`, `evidence`, `person:NAME`. */
  readonly source?: string
}

export const NOTES = [
  'refused',
  'escalated',
  'answered',
  'expired',
  'breach',
  'busy',
  'sleeping',
  'woke',
  'checked',
  'repeated',
  'mismatch',
  'failed',
  'held',
  'asked',
  'opened',
  'gap',
  'message',
  'state',
  'won',
  'code',
  'called',
  'mapping',
  'winding_down',
  'stage',
  'signal',
  'changed',
  'undoing',
  'confidence',
  'scored',
  'outage',
  'fallback',
  'alone',
] as const
/** What a note is about. */
export type NoteKind = (typeof NOTES)[number]

export interface NoteBody {
  readonly about: NoteKind
  readonly step?: string
  readonly final?: StepResult
  readonly at?: number
  /** Anything that explains it: rule, numbers, who answered. */
  readonly detail?: JsonValue
  readonly args?: string
}

/** Reads a body that may have been erased. */
export function readBody<T>(text: string | null): Partial<T> {
  return text === null || text === '' ? {} : (JSON.parse(text) as Partial<T>)
}
