import type { Entry } from '../entries.js'
import type { EpochMs } from '../time.js'
import type { RunFacts } from './facts.js'
import type { Tell } from './invariant.js'

/** One message of a session: the run that was made of it, and from when to when it had the turn. */
export interface Turn {
  readonly runId: string
  readonly no: number
  /** Its sender numbered it; then numbers before it may still be missing. */
  readonly sequenced: boolean
  /** First entry that only an active run may write: a begin, a state, a message taken in. */
  readonly began: EpochMs | null
  readonly ended: EpochMs | null
  readonly outcome: string | null
  readonly stuck: boolean
  readonly gap: readonly [number, number] | null
  readonly workedBy: string | null
  /** Messages that it took in, and when; null when its journal is pruned. */
  readonly took: ReadonlyMap<string, EpochMs> | null
  /** The first of the runs that go on from each other, and whether one goes on from this. */
  readonly first: string
  readonly goesOn: boolean
}

/** A run may be claimed ahead of its turn to be ended, by a deadline or a kill: work starts with the first such entry. */
export function turnOf({ run, entries }: RunFacts, now: EpochMs): Turn {
  const { runId, sessionNo, endedAt: ended, outcome, gap, workedBy, proof, state, dueAt, deadlineAt } = run
  const { first, continuedAs } = run
  const waits = state === 'queued' && (dueAt === null || (dueAt > now && dueAt >= deadlineAt))
  return {
    ...{ runId, no: sessionNo ?? 0, ended, outcome, gap, workedBy, stuck: waits, first },
    goesOn: continuedAs !== null,
    sequenced: proof !== null || entries[0]?.facts.sequence !== undefined,
    began: proof ? proof.beganAt : (entries.find(needsTurn)?.at ?? null),
    took: proof
      ? null
      : new Map(entries.flatMap(({ facts, at }) => (facts.absorbs ?? []).map((id) => [id, at] as const))),
  }
}

/** Entries that the ledger takes of an active run alone, and begins, which nobody else should come to. */
function needsTurn({ kind, facts }: Entry): boolean {
  return kind === 'begin' || facts.state !== undefined || facts.absorbs !== undefined
}

/** Turns of one session, by number: none missing unless it was given up, none before those ahead are done, none forgotten. */
export function checkTurns(name: string, links: readonly Turn[], tell: Tell): void {
  const turns = chained(links)
  checkTakenIn(name, links, turns, tell)
  let before = 0
  // Of the turns ahead: the end that came last, never for one that has not ended.
  let done = Number.NEGATIVE_INFINITY
  turns.forEach((turn, i) => {
    const { runId, no, began, stuck } = turn
    if (no <= before) tell(`Session '${name}' has a gap or a twin.`, { runId, numbers: { before, found: no } })
    const waits = checkMissing(name, turns, i, tell)
    before = Math.max(before, no)
    if (began !== null && done > began)
      tell(`Session '${name}': a message was worked before the one ahead of it was done.`, {
        runId,
        numbers: { no, began, endedBefore: Number.isFinite(done) ? done : -1 },
      })
    if (stuck && !waits && done < Number.POSITIVE_INFINITY)
      tell(`Session '${name}': the next message is not due although those ahead of it are done.`, {
        runId,
        numbers: { no },
      })
    done = Math.max(done, turn.ended ?? Number.POSITIVE_INFINITY)
  })
}

/** Runs that go on from each other have one turn: from the begin of one of them to the end of the last. In order of numbers. */
function chained(links: readonly Turn[]): Turn[] {
  const turns = new Map<string, Turn>()
  for (const link of links) {
    const known = turns.get(link.first)
    turns.set(link.first, known ? joined(known, link) : { ...link, ...(link.goesOn && GOES_ON) })
  }
  return [...turns.values()].sort((a, b) => a.no - b.no)
}

/** What the end of a link says while another one goes on from it: nothing. */
const GOES_ON = { ended: null, outcome: null, stuck: false } as const

/** Two links of one chain, in whatever order they were read. */
function joined(a: Turn, b: Turn): Turn {
  const last = b.goesOn ? a : b
  const begins = [a.began, b.began].filter((at) => at !== null)
  return {
    ...{ ...last, runId: a.first, goesOn: a.goesOn && b.goesOn },
    sequenced: a.sequenced || b.sequenced,
    began: begins.length > 0 ? Math.min(...begins) : null,
    gap: a.gap ?? b.gap,
    took: a.took && b.took ? new Map([...a.took, ...b.took]) : null,
  }
}

/** The turn of a message that was taken in is that of the run which did. */
const hadTurn = (turn: Turn): boolean => turn.began !== null || turn.workedBy !== null

/**
 * Numbers between a message and the one before it. In a numbered session they are waited for, until the message has its turn:
 * then they were given up, and the message or one behind it says so. True while they are waited for.
 */
function checkMissing(name: string, turns: readonly Turn[], i: number, tell: Tell): boolean {
  const turn = turns[i]
  const first = (turns[i - 1]?.no ?? 0) + 1
  if (!turn) return false
  checkGap(name, turns, turn, tell)
  if (first >= turn.no) return false
  const givenUp = turns.slice(i).some(({ gap }) => gap && gap[0] <= first && turn.no - 1 <= gap[1])
  if (givenUp) return false
  if (!turn.sequenced || turns.slice(i).some(hadTurn))
    tell(`Session '${name}' has a gap or a twin.`, {
      runId: turn.runId,
      numbers: { expected: first, found: turn.no },
    })
  return true
}

/** What was given up had not come: neither end of a gap is the number of a message. */
function checkGap(name: string, turns: readonly Turn[], { runId, no, gap }: Turn, tell: Tell): void {
  if (!gap) return
  const [from, to] = gap
  const come = turns.find((one) => one.no === from || one.no === to)
  if (from > to || to >= no || come)
    tell(`Session '${name}': numbers were given up although their message had come.`, {
      runId: come?.runId ?? runId,
      numbers: { from, to, no },
    })
}

/** A message that a run took in: by that run alone, in order, and ended with it. */
function checkTakenIn(name: string, links: readonly Turn[], turns: readonly Turn[], tell: Tell): void {
  const byId = new Map(turns.map((turn) => [turn.first, turn]))
  const turnOfLink = new Map(links.map(({ runId, first }) => [runId, byId.get(first)]))
  for (const turn of turns) {
    for (const id of turn.took?.keys() ?? []) {
      if (turnOfLink.get(turnOfLink.get(id)?.workedBy ?? '')?.first !== turn.first)
        tell(`Session '${name}': a run took a message in that is not its own.`, { runId: turn.runId })
    }
    const fault = turn.workedBy === null ? null : takenInFault(turn, turnOfLink.get(turn.workedBy), turns)
    if (fault) tell(`Session '${name}': a message that another run took in ${fault}.`, { runId: turn.runId })
  }
}

/** What is wrong with a message that `by` took in; null when nothing is. */
function takenInFault(turn: Turn, by: Turn | undefined, turns: readonly Turn[]): string | null {
  if (!by || by.no >= turn.no) return 'has no such run before it'
  if (turn.began !== null) return 'was worked by itself too'
  if (turn.ended !== by.ended || turn.outcome !== by.outcome) return 'did not end with it'
  if (by.took === null) return null
  const at = by.took.get(turn.runId)
  if (at === undefined) return 'is not in its journal'
  const between = turns.filter(({ no }) => no > by.no && no < turn.no)
  const overtaken = between.some((one) => one.workedBy !== turn.workedBy && (one.ended === null || one.ended > at))
  return overtaken ? 'overtook one ahead of it' : null
}
