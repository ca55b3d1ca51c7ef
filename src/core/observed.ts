import type { BreakerState } from './breakers.js'
import type { TripAct } from './drift.js'
import type { Settlement } from './entries.js'
import type { Decision, EscalationKind } from './escalation.js'
import type { Charge } from './meters.js'
import type { Answer, AnswerCode, SwitchMode } from './ops.js'
import type { Owner } from './owner.js'
import type { Overload } from './queues.js'
import type { RunRow } from './run-row.js'
import type { ScoreSource } from './scores.js'
import type { OutcomeStatus } from './states.js'
import type { TraceContext } from './trace.js'

/**
 * The catalogue of what happens in a process, as `mw.observe` tells it: at once, in the order in which this process learned
 * of it. It is no record: what must not be lost stands in the journal. Durations are milliseconds of the monotonic clock,
 * whole or not. What may hold the words of people or models is a function, called by whoever was allowed to look.
 */
export type Observed =
  | RunAdmitted
  | RunTakenUp
  | SessionEntered
  | RunParked
  | RunEnded
  | RunLost
  | StepProposed
  | StepOver
  | Judged
  | BeginGranted
  | BeginRefused
  | ModelAsked
  | AttemptOver
  | Refused
  | Repeated
  | Breached
  | FallbackTaken
  | EscalationAsked
  | EscalationAnswered
  | DoubtRaised
  | DoubtResolved
  | KillMet
  | Signalled
  | ConfidenceFound
  | OutcomeScored
  | Drifted
  | Tripped
  | CallBegan
  | CallEnded
  | Claimed
  | LeaseLost
  | BatchApplied
  | BreakerMoved
  | QueueRefused
  | QueueShed

/** A run as it was admitted, under the claim of its present holder. */
export type ObservedRun = Pick<
  RunRow,
  | 'runId'
  | 'agent'
  | 'version'
  | 'fingerprint'
  | 'tenant'
  | 'session'
  | 'parent'
  | 'ancestors'
  | 'continues'
  | 'fence'
  | 'createdAt'
>

interface OfRun {
  readonly run: ObservedRun
}

interface OfStep extends OfRun {
  /** Identity of the step: branch path, name, ordinal. */
  readonly step: string
}

/** What a step does: calls a tool, asks a model, reads, or runs another agent or flow. */
export type StepSort = 'tool' | 'model' | 'read' | 'call'

interface Named extends OfStep {
  readonly sort: StepSort
  /** Of the tool, the model (`openai/gpt-5-mini`), the read, or the agent that is called. */
  readonly name: string
}

/** A run was admitted by this process; `isNew: false`: its key was used before, and it is that run. */
interface RunAdmitted {
  readonly kind: 'run.admitted'
  readonly run: Pick<RunRow, 'runId' | 'agent' | 'version' | 'tenant' | 'session'>
  readonly how: 'started' | 'called' | 'mapped' | 'continued' | 'scored'
  readonly isNew: boolean
}

/** A claim took a run up here: a stretch of work begins, which parks, ends or is lost. */
interface RunTakenUp extends OfRun {
  readonly kind: 'run.taken_up'
  readonly agentKind: 'agent' | 'flow'
  /** The caller's trace, as it was admitted with the run or one that it descends from. */
  readonly trace: TraceContext | undefined
  /** Its activation was kept from the stretch before: nothing was replayed. */
  readonly isKept: boolean
  /** Claims since the last settled step, this one among them. */
  readonly claims: number
}

/** A run found its session as earlier turns left it. */
interface SessionEntered extends OfRun {
  readonly kind: 'session.entered'
  /** The run of the turn before this one; null where none is remembered. */
  readonly turnBefore: string | null
}

interface RunParked extends OfRun {
  readonly kind: 'run.parked'
  /** What for, without names: `timer`, `person`, `lock`, `switch`, `child`, … */
  readonly waits: string
  readonly dueAt: number | null
  readonly tookMs: number
}

interface RunEnded extends OfRun {
  readonly kind: 'run.ended'
  readonly outcome: OutcomeStatus
  /** Short code: the meter, the reason, the fault; '' for none. */
  readonly detail: string
  /** failed: whose fault it is. */
  readonly owner?: Owner
  /** Another run goes on from here. */
  readonly isContinued: boolean
  readonly tookMs: number
  /** Since its admission, waiting included. */
  readonly ageMs: number
}

/** This worker gave a run up, or lost it to another: `code` says why. */
interface RunLost extends OfRun {
  readonly kind: 'run.lost'
  readonly code: string
  readonly tookMs: number
}

/** A step that is not replayed was come to for the first time in this activation. */
interface StepProposed extends Named {
  readonly kind: 'step.proposed'
}

/** A step has its result; since it was come to here, waiting within this activation included. */
interface StepOver extends Named {
  readonly kind: 'step.over'
  /** `completed`, `failed`, `refused`, `exhausted`, … */
  readonly status: string
  readonly tookMs: number
}

/** What the policy's rule said of a tool call. */
interface Judged extends OfStep {
  readonly kind: 'verdict'
  readonly tool: string
  readonly verdict: 'allow' | 'refuse' | 'escalate'
  /** `rules.TOOL`; null where the tool has none. */
  readonly rule: string | null
}

/** The ledger granted an attempt and set its worst case aside; from here on it is performed. */
export interface BeginGranted extends Named {
  readonly kind: 'begin.granted'
  readonly seq: number
  /** Of the step, from 1. */
  readonly attempt: number
  /** What was reserved, in smallest units, by meter. */
  readonly charges: readonly Charge[]
  /** It stands in the place of an attempt that is in doubt. */
  readonly isResend: boolean
  /** From the asking to the answer. */
  readonly tookMs: number
  /** Canonical JSON of the wire arguments, without secrets; 'null' where it has none. */
  readonly input: () => string
}

/** The ledger said no: `code` is why, `ceiling`, `switched`, `locked`, `breaker_open`, `key_conflict`, … */
interface BeginRefused extends Named {
  readonly kind: 'begin.refused'
  readonly code: AnswerCode
  /** ceiling: the meter without room, and its numbers. */
  readonly meter?: NonNullable<Answer['meter']>
  readonly tookMs: number
}

/** A granted model call is about to be made. */
export interface ModelAsked extends OfStep {
  readonly kind: 'model.asked'
  readonly seq: number
  /** As the provider's package names itself, such as `openai.chat`. */
  readonly provider: string
  readonly model: string
  readonly maxOutputTokens: number
  readonly temperature?: number
  readonly isStream: boolean
  /** Where requests go, when the model object tells: a URL without credentials. */
  readonly url?: string
  /** The prompt as JSON, without secrets. */
  readonly prompt: () => string
}

/** Of a model call, as the provider told; what it did not tell is missing. */
export interface ObservedUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly reasoningTokens?: number
  readonly cachedInputTokens?: number
  readonly cacheWriteTokens?: number
  readonly usdMicros?: number
}

/** An attempt was settled, and the ledger has it. */
export interface AttemptOver extends Named {
  readonly kind: 'attempt.over'
  readonly seq: number
  readonly attempt: number
  readonly did: Settlement
  /** Why it gave nothing; null for one that performed. */
  readonly fault: string | null
  /** From the grant to the settlement's writing: the time of the act itself. */
  readonly tookMs: number
  /** From the settlement's writing to the ledger's answer. */
  readonly settledMs: number
  readonly usage?: ObservedUsage
  /** Model calls: why the model stopped. */
  readonly finish?: string
  /** Canonical JSON of the result, without secrets; 'null' where it has none. */
  readonly output: () => string
}

/** A governed "no" that the flow or the model was given. */
interface Refused extends OfStep {
  readonly kind: 'refused'
  readonly reason: string
  readonly rule: string
}

/** The effect was confirmed before under its key: the first result was given again. */
interface Repeated extends OfStep {
  readonly kind: 'repeated'
}

/** A ceiling had no room, and the policy said what then. */
interface Breached extends OfStep {
  readonly kind: 'breach'
  readonly meter: string
  readonly used: number
  readonly limit: number
}

/** Another model of the fallback order is asked. */
interface FallbackTaken extends OfStep {
  readonly kind: 'fallback'
  readonly name: string
  /** Places in the order, from 0. */
  readonly from: number
  readonly to: number
}

interface EscalationAsked extends OfStep {
  readonly kind: 'escalation.asked'
  readonly escalation: string
  readonly about: EscalationKind
  /** Who is asked first. */
  readonly to: string
}

interface EscalationAnswered extends OfStep {
  readonly kind: 'escalation.answered'
  readonly escalation: string
  readonly decision: Decision | 'nobody' | 'overtaken'
}

/** The answer of an attempt was lost: it may have acted. */
interface DoubtRaised extends Named {
  readonly kind: 'doubt.raised'
  readonly seq: number
  readonly attempt: number
  readonly why: string
  readonly tookMs: number
}

interface DoubtResolved extends Named {
  readonly kind: 'doubt.resolved'
  /** Of the attempt that was in doubt. */
  readonly seq: number
  readonly did: Settlement
  /** `check`, `evidence`, `person`. */
  readonly source: string
}

/** A kill switch was met: at a begin, at a claim, or by what was under way, which is aborted. */
interface KillMet extends OfRun {
  readonly kind: 'kill.met'
  readonly scope: string
  readonly mode: SwitchMode
  readonly where: 'begin' | 'claim' | 'under_way'
}

/** A compensation signal: what it is of, and what its policy does. */
interface Signalled extends OfRun {
  readonly kind: 'signal'
  readonly signal: string
  readonly policy: 'note' | 'refuse' | 'escalate' | 'end'
  readonly step?: string
}

/** A change in what an agent's runs come to was found, and is told for the first time. Levels as `midwatch drift` tells them. */
interface Drifted {
  readonly kind: 'drift.alarm'
  readonly agent: string
  readonly measure: string
  readonly direction: 'up' | 'down'
  readonly meaning: 'worse' | 'better'
  readonly before: number
  readonly after: number
  readonly version: number | null
}

/** A tripwire of an agent tripped, and what it engages is engaged. */
interface Tripped {
  readonly kind: 'tripwire.tripped'
  readonly agent: string
  readonly wire: string
  readonly act: TripAct['kind']
}

/** How sure a proposal is was found out: of a tool's call, or of the `outcome`. */
interface ConfidenceFound extends OfStep {
  readonly kind: 'estimated'
  readonly of: string
  readonly confidence: number
  readonly below: number
  readonly by: 'samples' | 'verifier'
}

/** An outcome was scored; thumbs are not told, for they are given anywhere. `run`: of a model's score the run that scores. */
interface OutcomeScored extends OfRun {
  readonly kind: 'scored'
  /** The run whose outcome it was. */
  readonly scored: string
  readonly name: string
  readonly value: number
  readonly by: ScoreSource
}

/** Another agent or flow is called as a run of its own, or a map runs its rows. */
interface CallBegan extends Named {
  readonly kind: 'call.began'
  readonly sort: 'call'
}

interface CallEnded extends Named {
  readonly kind: 'call.ended'
  readonly sort: 'call'
  /** The child's outcome; `completed` for a map, whose rows have theirs. */
  readonly status: string
}

interface Claimed {
  readonly kind: 'claimed'
  readonly asked: number
  readonly got: number
  readonly tookMs: number
}

/** The lease ran out before it was renewed: what this worker held goes to whoever claims it. */
interface LeaseLost {
  readonly kind: 'lease.lost'
}

/** One `apply` was answered. */
interface BatchApplied {
  readonly kind: 'batch.applied'
  readonly ops: number
  /** Runs whose ops it held. */
  readonly groups: number
  /** Sendings, from 1. */
  readonly tries: number
  readonly tookMs: number
}

/** This process opened or closed a circuit breaker by what the fleet's calls came to. */
interface BreakerMoved {
  readonly kind: 'breaker.moved'
  readonly key: string
  readonly was: BreakerState
  readonly state: BreakerState
  /** In words, with the numbers. */
  readonly reason: string
  /** open: how long no probe begins. */
  readonly coolDownMs: number
}

/** A start or a message found no room, and nothing was accepted. */
interface QueueRefused {
  readonly kind: 'queue.refused'
  readonly asked: Pick<RunRow, 'agent' | 'version' | 'tenant' | 'queue' | 'priority'>
  readonly overload: Overload
}

/** A run was ended before it began, so that one that was admitted here could have its place. */
interface QueueShed {
  readonly kind: 'queue.shed'
  readonly runId: string
  /** The run that has its place. */
  readonly by: Pick<RunRow, 'runId' | 'agent' | 'tenant' | 'queue' | 'priority'>
}
