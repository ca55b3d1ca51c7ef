import type { Tally } from '../../core/drift.js'
import type { OutcomeStatus } from '../../core/states.js'
import { TallyMaker } from './tally.js'

/** What one ended run came to, as its journal tells it: its own calls, not those of runs below it. */
export interface RunCame {
  readonly outcome: OutcomeStatus
  /** Whose fault a failure was; null where it is not told. */
  readonly owner: string | null
  /** Another run goes on from it: what it used counts, that it ended does not. */
  readonly isContinued: boolean
  readonly tokens: number
  readonly reasoningTokens: number
  readonly usdMicros: number
  /** Working time of its steps. */
  readonly activeMs: number
  /** From its admission to its end, waiting included. */
  readonly latencyMs: number
  readonly steps: number
  readonly attempts: number
  readonly refusals: number
  readonly escalations: number
  /** Hits by name. */
  readonly signals: Readonly<Record<string, number>>
  /** Tokens by which its prompts grew from one model call to the next; null for fewer than three calls. */
  readonly contextSlope: number | null
  /** Its words were erased before it was folded: refusals, questions and signals are not known of it. */
  readonly isErased: boolean
}

/** A run as what is added to its day. */
export function tallyOf(run: RunCame): Tally {
  const made = new TallyMaker()
  addRun(made, run)
  return made.tally
}

/** Adds a run to what is told of a day already. */
export function addRun(made: TallyMaker, run: RunCame): void {
  made.add('tokens', run.tokens)
  made.add('usd', run.usdMicros)
  made.add('reasoning_tokens', run.reasoningTokens)
  made.add('steps', run.steps)
  made.add('attempts', run.attempts)
  made.add('again', run.attempts - run.steps)
  made.add('refusals', run.refusals)
  made.add('escalations', run.escalations)
  made.add('under_way_ms', run.latencyMs)
  if (run.isErased) made.add('erased')
  for (const [name, hits] of Object.entries(run.signals)) made.add(`signal:${name}`, hits)
  if (run.contextSlope !== null) made.value('context_slope', run.contextSlope, 'magnitude')
  if (run.isContinued) made.add('continued')
  else ended(made, run)
}

function ended(made: TallyMaker, run: RunCame): void {
  made.add('runs')
  made.add(`outcome:${run.outcome}`)
  if (run.outcome === 'failed' && run.owner !== null) made.add(`owner:${run.owner}`)
  // What an operator stopped says nothing of the agent.
  if (run.outcome !== 'completed' && run.outcome !== 'killed') made.add('not_completed')
  if (run.outcome !== 'completed') return
  made.value('tokens', run.tokens, 'magnitude')
  made.value('reasoning_tokens', run.reasoningTokens, 'magnitude')
  made.value('usd', run.usdMicros, 'magnitude')
  made.value('latency', run.latencyMs, 'magnitude')
  made.value('active', run.activeMs, 'magnitude')
  made.bucket('latency', run.latencyMs)
}
