import type { JsonValue } from '../../core/json.js'
import type { EndScore } from '../../core/scores.js'
import type { Outcome } from '../../core/states.js'
import { factsOf } from '../../govern/facts.js'
import { type Scored, scoresOf } from '../../govern/scores/scorer.js'
import { versioned } from '../conversation.js'
import { leftBehind } from '../session-end.js'
import { stageNow } from '../stage-here.js'
import type { Ending } from '../winding-down.js'
import { admitScoring, type Scorable } from './scoring-admission.js'

/** A run that is about to end, as far as its last words ask for it. */
type Run = Scorable & Parameters<typeof leftBehind>[0]

/** The last that is said of a run: how it ended, the state that it leaves its session, and what that was worth. */
export interface LastWords {
  readonly outcome: Outcome<JsonValue>
  readonly state?: Awaited<ReturnType<typeof leftBehind>>['state']
  /** Written with the end, in the same transaction. */
  readonly scores: readonly EndScore[]
  /** Of the end's entry. */
  readonly body: { readonly outcome: Outcome<JsonValue> } & Readonly<Record<string, unknown>>
}

/** A run that goes on as another one is not scored: its end is none. */
export async function lastWords(run: Run, ending: Ending): Promise<LastWords> {
  const left = await leftBehind(run, ending)
  const { outcome, state } = left
  const { scores, unscored } = ending.next === undefined ? scored(run, outcome) : NOTHING
  if (ending.next === undefined) await admitScoring(run, outcome)
  const body = {
    outcome,
    ...(state && { state: versioned(state) }),
    ...(scores.length > 0 && { scores }),
    ...(unscored.length > 0 && { unscored }),
  }
  return { ...left, scores, body }
}

const NOTHING: Scored = { scores: [], unscored: [] }

function scored({ definition, journal, run, input }: Run, outcome: Outcome<JsonValue>): Scored {
  const code = definition.scores?.code ?? []
  if (code.length === 0) return NOTHING
  const { begun, used, done, signals } = journal
  const stage = stageNow({ journal, definition })?.name ?? null
  const { confidence: _, ...facts } = factsOf({ steps: begun, used, done, tenant: run.tenant, stage, signals })
  return scoresOf(code, outcome, { ...facts, runId: run.runId, input })
}
