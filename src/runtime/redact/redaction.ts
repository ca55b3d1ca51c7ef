import { atLeast, type Caller } from '../../core/access.js'
import type { Entry } from '../../core/entries.js'
import type { Escalation } from '../../core/escalation.js'
import { canonical, type JsonValue } from '../../core/json.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import type { ScoreRow } from '../../core/scores.js'
import { keyOfPin, type Pin } from '../../core/serving.js'
import type { Outcome } from '../../core/states.js'
import { type BeginBody, type NoteBody, readBody } from '../../orchestrator/bodies.js'
import { type Definition, servesKey } from '../../orchestrator/definition.js'
import type { SessionView } from '../../orchestrator/session-handle.js'
import { type Beside, waitsShown } from './bodies.js'
import { entryShown, OVER_ALL } from './entry-shown.js'
import { marksOf } from './marks.js'
import { detailShown } from './note-detail.js'
import { PRIVATE } from './redacted.js'
import { scoredBy } from './scored-by.js'
import { Veil } from './veil.js'

/** Most begins and children that are remembered. */
const REMEMBERED = 20_000

/** Newest runs of a session that are asked who may have written its state. */
const WRITERS = 20

type Begin = Pick<BeginBody, 'sort' | 'name'>

/**
 * What callers are shown of runs, by their role: approvers and admins everything, viewers and operators no private field. One for
 * a server: it remembers what the entries of a journal need of each other, and asks the ledger where it joined later.
 */
export class Redaction {
  readonly #veils = new Map<string, Veil>()
  readonly #begins = new Map<string, Promise<Begin | null>>()
  readonly #children = new Map<string, Promise<Veil | null>>()

  constructor(
    private readonly definitions: readonly Definition[],
    private readonly ledger: Pick<Ledger, 'journal' | 'run' | 'runs'>,
  ) {}

  /** An entry of this run. */
  async entryFor(caller: Caller, run: Pin, entry: Entry): Promise<Entry> {
    if (seesAll(caller)) return entry
    const veil = this.#veil(run)
    if (veil.isClear) return entry
    return entryShown(entry, veil, await this.#beside(entry))
  }

  /** Whether the caller may hear the words of a run's models as they come. */
  hearsWords(caller: Caller, run: Pin): boolean {
    return seesAll(caller) || this.#veil(run).mode === 'plain'
  }

  runFor<R extends Pick<RunRow, keyof Pin | 'waits' | 'outcome' | 'detail'>>(caller: Caller, run: R): R {
    if (seesAll(caller)) return run
    const veil = this.#veil(run)
    const { waits, outcome, detail } = run
    return {
      ...run,
      waits: waits === null ? null : waitsShown(waits, veil),
      detail: detail === null ? null : detailOf(outcome, detail, veil),
    }
  }

  /** What a run was asked; null where that was erased. */
  inputFor(caller: Caller, run: Pin, input: JsonValue): JsonValue {
    if (seesAll(caller) || input === null) return input
    const veil = this.#veil(run)
    return veil.value(input, veil.input)
  }

  outcomeFor(caller: Caller, run: Pin, outcome: Outcome<JsonValue>): JsonValue {
    if (seesAll(caller)) return outcome
    const veil = this.#veil(run)
    return veil.ended(outcome, veil.outcome)
  }

  /** What is said of a run may quote it. */
  scoreFor(caller: Caller, run: Pin, score: ScoreRow): ScoreRow {
    if (seesAll(caller) || score.reason === null) return score
    return { ...score, reason: String(this.#veil(run).words(score.reason)) }
  }

  /** A question to a person. */
  async questionFor(caller: Caller, asked: Escalation): Promise<Escalation> {
    if (seesAll(caller)) return asked
    const run = await this.ledger.run({ runId: asked.runId })
    const veil = run === null ? OVER_ALL : this.#veil(run)
    return veil.isClear ? asked : questionShown(asked, veil)
  }

  /** A session, by the agents of its newest runs: one of them wrote its state. */
  async sessionFor(caller: Caller, session: SessionView): Promise<SessionView> {
    const { tenant, session: name, state } = session
    if (seesAll(caller) || state === null) return session
    const runs = await this.ledger.runs({ tenant, session: name, limit: WRITERS })
    const veils = new Set(runs.length === 0 ? [OVER_ALL] : runs.map((run) => this.#veil(run)))
    const value = [...veils].reduce((left, veil) => veil.value(left, veil.state), state.value)
    return { ...session, state: { ...state, value } }
  }

  /** The definition that a run is pinned to, to the letter of its code, and those that may have gone on with it. */
  #veil(run: Pin): Veil {
    const key = keyOfPin(run)
    const known = this.#veils.get(key)
    if (known) return known
    const own = this.definitions.filter((one) => servesKey(one) === key)
    const others = this.definitions.filter((one) => one.name === run.agent && one.accepts.includes(run.version))
    const all = own.length === 0 ? [] : [...own, ...others, ...scoredBy(this.definitions, own)]
    const veil = new Veil(all.map(marksOf), own.at(0)?.kind ?? null)
    this.#veils.set(key, veil)
    return veil
  }

  async #beside(entry: Entry): Promise<Beside> {
    const { runId, kind, ref, seq, body } = entry
    if (kind === 'begin') {
      const begin = beginOf(body)
      remember(this.#begins, `${runId} ${seq}`, Promise.resolve(begin))
      return { begin }
    }
    if ((kind === 'settle' || kind === 'doubt') && ref !== null) return { begin: await this.#begin(runId, ref) }
    if (kind !== 'note') return {}
    const { about, detail } = readBody<NoteBody>(body)
    const { child, tool } = (detail ?? {}) as { readonly child?: unknown; readonly tool?: unknown }
    if (about !== 'called') return typeof tool === 'string' && tool !== 'model' ? { tool } : {}
    return { child: typeof child === 'string' ? await this.#child(child) : null }
  }

  #begin(runId: string, seq: number): Promise<Begin | null> {
    const ask = async () => {
      const [entry] = await this.ledger.journal({ runId, from: seq, limit: 1 })
      return entry?.kind === 'begin' ? beginOf(entry.body) : null
    }
    return recall(this.#begins, `${runId} ${seq}`, ask)
  }

  #child(runId: string): Promise<Veil | null> {
    return recall(this.#children, runId, async () => {
      const run = await this.ledger.run({ runId })
      // One that goes on may be moved to another version yet.
      if (run !== null && run.state !== 'ended') queueMicrotask(() => this.#children.delete(runId))
      return run && this.#veil(run)
    })
  }
}

function questionShown(asked: Escalation, veil: Veil): Escalation {
  const { tool, show, result, note, args, first } = asked
  const isForeign = tool !== null && tool !== 'model' && veil.tool(tool) === null
  const over = isForeign ? OVER_ALL : veil
  return {
    ...asked,
    args: String(over.words(args)),
    show: canonical(detailShown(readOr(show), over, over)),
    note: note === null ? null : String(over.words(note)),
    first: first && { ...first, note: first.note && String(over.words(first.note)), result: null },
    result: result === null || over.mode === 'plain' ? result : JSON.stringify(PRIVATE),
  }
}

/** What was erased is no JSON. */
function readOr(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

/** To whom it was handed over the model says, why it failed perhaps a tool; all else are words of the runtime. */
function detailOf(outcome: RunRow['outcome'], detail: string, veil: Veil): string {
  if (outcome === 'failed') return veil.code(detail)
  return outcome === 'handed_over' ? String(veil.words(detail)) : detail
}

const seesAll = ({ role }: Caller): boolean => atLeast(role, 'approver')

function beginOf(body: string | null): Begin | null {
  const { sort, name } = readBody<BeginBody>(body)
  return sort === undefined || name === undefined ? null : { sort, name }
}

/** What is known, or is asked for once; a fault, and what is not there yet, are forgotten. */
function recall<T>(
  known: Map<string, Promise<T | null>>,
  key: string,
  ask: () => Promise<T | null>,
): Promise<T | null> {
  const found = known.get(key)
  if (found) return found
  const asked = ask()
  remember(known, key, asked)
  const forget = () => void known.delete(key)
  asked.then((value) => (value === null ? forget() : undefined), forget)
  return asked
}

/** The oldest makes room. */
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.set(key, value)
  const [oldest] = known.keys()
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest)
}
