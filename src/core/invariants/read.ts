import type { Entry } from '../entries.js'
import type { Ledger } from '../ledger.js'
import type { Mail } from '../mail.js'
import type { RunRow } from '../run-row.js'
import type { LedgerFacts, RunFacts, WorldFacts } from './facts.js'

const RUNS_A_PAGE = 100
const ENTRIES_A_PAGE = 500
/** A run that moves while it is read is read again so often, then judged as it was. */
const READS = 3

/** A run and the world as it was at least as late. */
export interface Reading {
  readonly facts: RunFacts
  readonly world: WorldFacts
}

/** Streams a ledger run by run, in order of id, while others may be writing to it. */
export async function* readRuns(ledger: Ledger, only?: { readonly runId: string }): AsyncGenerator<Reading> {
  const world = new WorldReader(ledger)
  for await (const page of only ? oneRun(ledger, only.runId) : runPages(ledger)) {
    await world.refresh()
    for (const run of page) yield await readRun(ledger, run, world)
  }
}

/** Everything at once, for small ledgers that nobody is writing to. */
export async function readFacts(ledger: Ledger): Promise<LedgerFacts> {
  const runs: RunFacts[] = []
  const world = new WorldReader(ledger)
  for await (const { facts } of readRuns(ledger)) runs.push(facts)
  await world.refresh()
  const { now, switches, workers } = world.facts
  return {
    now,
    switches,
    workers,
    runs: runs.map(({ run }) => run),
    entries: new Map(runs.map(({ run, entries }) => [run.runId, entries])),
    mail: new Map(runs.map(({ run, mail }) => [run.runId, mail])),
    evidence: new Map(runs.map(({ run, evidence }) => [run.runId, evidence])),
    effects: await ledger.effects({}),
    escalations: await ledger.escalations({}),
    meters: await ledger.meters({}),
    ceilings: await ledger.ceilings(),
  }
}

/** All runs, a page at a time; those admitted meanwhile come last, for ids grow with time. */
export async function* runPages(ledger: Ledger): AsyncGenerator<RunRow[]> {
  let after = ''
  for (;;) {
    const page = await ledger.runs({ after, limit: RUNS_A_PAGE })
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (!last || page.length < RUNS_A_PAGE) return
    after = last.runId
  }
}

async function* oneRun(ledger: Ledger, runId: string): AsyncGenerator<RunRow[]> {
  const run = await ledger.run({ runId })
  if (run) yield [run]
}

/** Entries `from` to `to`; entries never change, so a run's row and the entries up to its head belong together. */
export async function readEntries(ledger: Ledger, runId: string, from: number, to: number): Promise<Entry[]> {
  const entries: Entry[] = []
  while (from + entries.length <= to) {
    const start = from + entries.length
    const limit = Math.min(ENTRIES_A_PAGE, to - start + 1)
    const page = await ledger.journal({ runId, from: start, limit })
    entries.push(...page)
    if (page.length === 0) break
  }
  return entries
}

/** Keeps one array of switches while the history has not grown, so that what was made of it can be kept too. */
class WorldReader {
  facts: WorldFacts = { now: 0, switches: [], workers: [] }
  constructor(private readonly ledger: Ledger) {}

  async refresh(): Promise<void> {
    const [workers, history] = [await this.ledger.workers.list(), await this.ledger.switchHistory()]
    const switches = history.length === this.facts.switches.length ? this.facts.switches : history
    this.facts = { now: await this.ledger.now(), switches, workers }
  }
}

/** A row and its entries agree whenever they are read; effects and questions may have moved on, so it is looked again. */
async function readRun(ledger: Ledger, listed: RunRow, world: WorldReader): Promise<Reading> {
  let run = listed
  for (let reads = 1; ; reads++) {
    const facts = await readOnce(ledger, run)
    // Nothing but an erasure or a pruning touches a run that ended without doubts.
    const whole = run.prunedAt !== null || facts.entries.length === run.headSeq
    const settled = run.state === 'ended' && run.open.length === 0 && run.workerId === null && whole
    const again = settled ? run : await ledger.run({ runId: run.runId })
    if (!again || !moved(run, again)) return { facts, world: world.facts }
    if (reads === READS) return { facts: asItWas(facts), world: world.facts }
    run = again
    await world.refresh()
  }
}

/** Five questions to the ledger at most; fewer where the journal shows that there is nothing to find. */
async function readOnce(ledger: Ledger, run: RunRow): Promise<RunFacts> {
  const { runId } = run
  // One entry beyond the head is asked for: there is none, unless the run moved or its head was altered.
  const entries = await readEntries(ledger, runId, 1, run.headSeq + 1)
  const mail: Mail[] = run.mailHead === 0 ? [] : await ledger.mail({ runId, after: 0 })
  const began = entries.some(({ kind }) => kind === 'begin')
  const parked = entries.some(({ kind }) => kind === 'park')
  return {
    run,
    entries,
    mail: mail.filter(({ no }) => no <= run.mailHead),
    effects: began ? await ledger.effects({ runId }) : [],
    evidence: began ? await ledger.evidence({ runId }) : [],
    escalations: parked ? await ledger.escalations({ runId }) : [],
  }
}

function moved(before: RunRow, after: RunRow): boolean {
  const stamp = ({ state, headSeq, fence, mailHead, dueAt, workerId, prunedAt }: RunRow) =>
    `${state} ${headSeq} ${fence} ${mailHead} ${dueAt} ${workerId} ${prunedAt}`
  return stamp(before) !== stamp(after)
}

/** Of a run that would not stand still: up to its head as read; of effects only confirmed ones never change again. */
function asItWas(facts: RunFacts): RunFacts {
  const { headSeq } = facts.run
  return {
    ...facts,
    entries: facts.entries.filter(({ seq }) => seq <= headSeq),
    effects: facts.effects.filter(({ state, seq }) => state === 'performed' && seq <= headSeq),
  }
}
