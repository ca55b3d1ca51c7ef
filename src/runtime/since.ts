import type { AlarmRow, Trip } from '../core/drift.js'
import type { Entry } from '../core/entries.js'
import type { Ledger } from '../core/ledger.js'
import { BUILT_IN_METERS } from '../core/meters.js'
import type { SwitchRow } from '../core/operated.js'
import type { RunFilter, RunRow } from '../core/run-row.js'
import { parseScope } from '../core/scope.js'
import type { EpochMs } from '../core/time.js'
import { type BeginBody, type NoteBody, readBody } from '../orchestrator/bodies.js'

/** in_doubt: it may have acted, and nobody knows yet · under_way: its attempt is open. */
export type ActState = 'performed' | 'not_performed' | 'in_doubt' | 'under_way'

/** One attempt at an effect, whatever came of it. */
export interface ActSince {
  /** When it began, or was settled where it began before: epoch ms. */
  readonly at: EpochMs
  readonly state: ActState
  readonly tenant: string
  readonly agent: string
  readonly runId: string
  readonly session: string | null
  readonly step: string
  readonly attempt: number
  readonly tool: string
  /** Arguments as they were proposed; null where they were erased. */
  readonly input: unknown
  /** What it charged, or set aside, on the meters of its tool and on money: smallest units. */
  readonly charged: Readonly<Record<string, number>>
  /** The escalation that allowed it. */
  readonly approval: string | null
  /** It was done, and taken back since. */
  readonly undone: boolean
}

/** All that was done in a scope since a moment: the first page of an incident report. */
export interface Since {
  readonly from: EpochMs
  readonly until: EpochMs
  readonly scope: string
  /** In order of time. */
  readonly acts: readonly ActSince[]
  readonly runs: {
    readonly started: number
    readonly live: number
    /** Ended within the time, by outcome. */
    readonly ended: Readonly<Record<string, number>>
  }
  readonly modelCalls: number
  readonly reads: number
  /** Spent on models, micro-dollars. */
  readonly usdMicros: number
  readonly refusals: number
  /** By name. */
  readonly signals: Readonly<Record<string, number>>
  readonly questions: { readonly asked: number; readonly answered: number; readonly open: number }
  readonly switches: readonly SwitchRow[]
  /** Tripwires that tripped or were released, and changes that were told. Of scopes that are no agent's: all there were. */
  readonly trips: readonly Trip[]
  readonly alarms: readonly AlarmRow[]
  /** Runs whose words were erased or whose journals were pruned: what they did is not told here. */
  readonly untold: number
}

const PAGE = 500

/** Reads what was done since a moment. Throws `invalid_scope`. */
export async function doneSince(ledger: Ledger, from: EpochMs, scope: string): Promise<Since> {
  const { filter, tool } = narrowed(scope)
  const until = await ledger.now()
  const tally = new Tally(from, tool)
  for await (const run of runsSince(ledger, from, filter)) {
    if (run.prunedAt !== null) tally.untold += 1
    else tally.add(run, await ledger.journal({ runId: run.runId }))
  }
  const open = await ledger.escalations({ state: 'open' })
  const switches = (await ledger.switchHistory()).filter(({ at }) => at >= from)
  const of = filter.agent === undefined ? {} : { agent: filter.agent }
  const trips = await ledger.drift.trips({ ...of, since: from })
  const alarms = (await ledger.drift.alarms({ ...of, since: 0 })).filter(({ at }) => at >= from)
  const about = { from, until, scope, switches, trips, alarms }
  return tally.told({ ...about, open: open.filter(({ runId }) => tally.seen.has(runId)).length })
}

function narrowed(scope: string): { filter: RunFilter & { runId?: string }; tool: string | null } {
  const [kind, ...rest] = parseScope(scope).split(':')
  const name = rest.join(':')
  if (kind === 'tenant') return { filter: { tenant: name }, tool: null }
  if (kind === 'agent') return { filter: { agent: name }, tool: null }
  if (kind === 'run') return { filter: { runId: name }, tool: null }
  if (kind === 'session') {
    const cut = name.indexOf('/')
    return { filter: { tenant: name.slice(0, cut), session: name.slice(cut + 1) }, tool: null }
  }
  return { filter: {}, tool: kind === 'tool' ? name : null }
}

async function* runsSince(
  ledger: Ledger,
  from: EpochMs,
  { runId, ...filter }: RunFilter & { runId?: string },
): AsyncGenerator<RunRow> {
  if (runId !== undefined) {
    const run = await ledger.run({ runId })
    if (run) yield run
    return
  }
  for (let after = ''; ; ) {
    const page = await ledger.runs({ ...filter, activeSince: from, after, limit: PAGE })
    yield* page
    after = page.at(-1)?.runId ?? ''
    if (page.length < PAGE) return
  }
}

class Tally {
  readonly seen = new Set<string>()
  untold = 0
  readonly #acts: (Omit<ActSince, 'undone'> & { readonly effect: string })[] = []
  /** Effects that were taken back, as text: tenant, tool, key and attempt. */
  readonly #undone = new Set<string>()
  readonly #ended: Record<string, number> = {}
  readonly #signals: Record<string, number> = {}
  #started = 0
  #live = 0
  #modelCalls = 0
  #reads = 0
  #usdMicros = 0
  #refusals = 0
  #asked = 0
  #answered = 0

  constructor(
    private readonly from: EpochMs,
    private readonly tool: string | null,
  ) {}

  add(run: RunRow, entries: readonly Entry[]): void {
    this.seen.add(run.runId)
    if (run.createdAt >= this.from) this.#started += 1
    if (run.endedAt === null) this.#live += 1
    else if (run.endedAt >= this.from && run.outcome !== null)
      this.#ended[run.outcome] = (this.#ended[run.outcome] ?? 0) + 1
    if (entries.some(({ kind, body }) => kind === 'begin' && body === null)) this.untold += 1
    const fates = fatesOf(entries)
    for (const entry of entries) {
      if (entry.facts.undid) this.#undone.add(nameOf(run.tenant, entry.facts.undid))
      if (entry.kind === 'begin') this.#begun(run, entry, fates.get(entry.seq))
      else if (entry.kind === 'note' && entry.at >= this.from) this.#noted(readBody<NoteBody>(entry.body))
    }
  }

  #begun(run: RunRow, entry: Entry, fate: Fate = { settled: null, doubt: false, resent: false }): void {
    const { settled, resent } = fate
    const at = entry.at >= this.from ? entry.at : (settled?.at ?? Number.POSITIVE_INFINITY)
    // Begun before and still open: it may be acting now.
    if (at < this.from || (settled === null && resent)) return
    const body = readBody<BeginBody>(entry.body)
    const { effect, tool, step = '', attempt = 1 } = entry.facts
    if (this.tool !== null && tool !== this.tool) return
    const used = amountsOf(entry, settled)
    if (tool === undefined) {
      this.#modelCalls += 1
      this.#usdMicros += used.usd ?? 0
    } else if (!effect) this.#reads += 1
    else {
      const { tenant, agent, runId, session } = run
      this.#acts.push({
        ...{
          at: Number.isFinite(at) ? at : entry.at,
          state: stateOf(fate),
          tenant,
          agent,
          runId,
          session,
          step,
          attempt,
        },
        ...{ tool, input: body.input ?? null, approval: body.approval ?? null },
        charged: Object.fromEntries(Object.entries(used).filter(([meter]) => isTelling(meter))),
        effect: nameOf(tenant, effect),
      })
    }
  }

  #noted({ about, detail }: Partial<NoteBody>): void {
    if (about === 'refused') this.#refusals += 1
    else if (about === 'escalated') this.#asked += 1
    else if (about === 'answered') this.#answered += 1
    else if (about === 'signal') {
      const { signal = '' } = (detail ?? {}) as { readonly signal?: string }
      this.#signals[signal] = (this.#signals[signal] ?? 0) + 1
    }
  }

  told(
    p: Pick<Since, 'from' | 'until' | 'scope' | 'switches' | 'trips' | 'alarms'> & { readonly open: number },
  ): Since {
    const { open, ...about } = p
    return {
      ...about,
      acts: this.#acts
        .sort((a, b) => a.at - b.at || (a.runId < b.runId ? -1 : 1))
        .map(({ effect, ...act }) => ({ ...act, undone: act.state === 'performed' && this.#undone.has(effect) })),
      runs: { started: this.#started, live: this.#live, ended: this.#ended },
      ...{ modelCalls: this.#modelCalls, reads: this.#reads, usdMicros: this.#usdMicros, refusals: this.#refusals },
      signals: this.#signals,
      questions: { asked: this.#asked, answered: this.#answered, open },
      untold: this.untold,
    }
  }
}

const nameOf = (tenant: string, { tool, key, attempt }: { tool: string; key: string; attempt: number }): string =>
  [tenant, tool, key, attempt].join('\n')

/** What became of a begin. `resent`: another one took its place under the same key. */
interface Fate {
  settled: Entry | null
  doubt: boolean
  resent: boolean
}

function fatesOf(entries: readonly Entry[]): Map<number, Fate> {
  const fates = new Map<number, Fate>()
  const of = (seq: number): Fate => {
    const known = fates.get(seq) ?? { settled: null, doubt: false, resent: false }
    fates.set(seq, known)
    return known
  }
  for (const { kind, ref, facts, ...entry } of entries) {
    if (kind === 'settle' && ref !== null) of(ref).settled = { kind, ref, facts, ...entry }
    else if (kind === 'doubt' && ref !== null) of(ref).doubt = true
    else if (kind === 'begin' && facts.supersedes !== undefined) of(facts.supersedes).resent = true
  }
  return fates
}

function stateOf({ settled, doubt }: Fate): ActState {
  if (settled !== null) return settled.facts.did === 'performed' ? 'performed' : 'not_performed'
  return doubt ? 'in_doubt' : 'under_way'
}

/** Amounts on the run's own meters: as they were settled, or as they were set aside. */
function amountsOf({ facts: { charges = [] } }: Entry, settled: Entry | null): Record<string, number> {
  const amounts: Record<string, number> = {}
  let place = 0
  for (const { at, meter, amount } of charges) {
    if (at === 'run') amounts[meter] = settled?.facts.used?.[place] ?? amount
    place += 1
  }
  return amounts
}

/** Counts of steps and calls say little. */
const isTelling = (meter: string): boolean => meter === 'usd' || !Object.hasOwn(BUILT_IN_METERS, meter)
