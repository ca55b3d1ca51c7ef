import type { FaultName } from '../fault.js'
import type { Scenario } from '../scenario.js'
import { type Break, breaksOf } from './breaks.js'
import { Budget } from './budget.js'
import type { KindCoverage } from './coverage.js'
import { type Crew, Stopped } from './crew.js'
import { type Enumerated, enumerate, plannedOf, visitCalm } from './enumerate.js'
import { type Explored, explore } from './explore.js'
import { Ground } from './ground.js'
import type { Lost } from './played.js'
import { faultsOf } from './rates.js'
import type { Tally } from './tally.js'
import { wallMs } from './wall-clock.js'

/** A scenario's campaign ends early when so many cases took their process down: each costs seconds. */
const MOST_LOST = 25

export const MODES = ['enumerate', 'explore', 'both'] as const
export type Mode = (typeof MODES)[number]

export interface CampaignOptions {
  readonly mode: Mode
  readonly seed: number
  /** Cases that are explored of each scenario; with mode `enumerate` the most that are enumerated. */
  readonly cases: number
  /** The most pairs of faults that are enumerated of each story. */
  readonly pairs: number
  /** Wall time for all but shrinking. */
  readonly forMs: number
  /** Only these; null: all that have a rate in the scenario. */
  readonly faults: readonly FaultName[] | null
  readonly naive: boolean
}

/** What a campaign came to for one scenario. */
export interface ScenarioResult {
  readonly name: string
  readonly stories: readonly string[]
  readonly tally: Tally
  readonly naive: Tally | null
  readonly digest: string
  readonly enumerated: Enumerated | null
  readonly explored: Explored | null
  readonly coverage: readonly KindCoverage[]
  readonly breaks: readonly Break[]
  readonly lost: readonly Lost[]
}

/** Whoever watches a campaign go on. */
export interface Watching {
  readonly stop: AbortSignal
  /** What goes on, how many cases there will be in all as far as is known, how many of those taken in broke something. */
  readonly tell?: (state: { readonly doing: string; readonly planned: number; readonly broken: number }) => void
}

/**
 * Plays a campaign, scenario by scenario. What it finds depends on scenarios, options and code alone, unless time or a
 * signal ends it; then it gives what is known by then.
 */
export async function campaign(
  scenarios: readonly Scenario[],
  crew: Crew,
  options: CampaignOptions,
  watching: Watching,
): Promise<ScenarioResult[]> {
  const untilMs = wallMs() + options.forMs
  const results: ScenarioResult[] = []
  for (const [at, scenario] of scenarios.entries()) {
    if (watching.stop.aborted) break
    const shareMs = Math.max(0, untilMs - wallMs()) / (scenarios.length - at)
    results.push(await new Part(scenario, crew, { ...options, forMs: shareMs }, watching).through())
  }
  return results
}

/** The campaign of one scenario. */
class Part {
  readonly #ground: Ground
  #enumerated: Enumerated | null = null
  #explored: Explored | null = null
  #planned = 0
  /** Cases of the scenarios before it. */
  readonly #before: number

  constructor(
    scenario: Scenario,
    private readonly crew: Crew,
    private readonly options: CampaignOptions,
    private readonly watching: Watching,
  ) {
    this.#before = crew.done
    this.#ground = new Ground(scenario, faultsOf(scenario, options.faults), options.naive, () => this.#tell('plays'))
  }

  async through(): Promise<ScenarioResult> {
    try {
      await this.#play()
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
    const { all, coverage, digest, lost, scenario, stories } = this.#ground
    if (this.#ground.findings.length > 0) this.#tell('shrinks')
    const breaks = await breaksOf(this.#ground, this.crew, this.watching.stop)
    const found = { enumerated: this.#enumerated, explored: this.#explored, coverage: coverage.report(), breaks, lost }
    return { name: scenario.name, stories, tally: all.tally, naive: all.naive, digest, ...found }
  }

  async #play(): Promise<void> {
    const { mode, seed, cases, pairs, forMs } = this.options
    const untilMs = wallMs() + forMs
    const half = mode === 'both' ? forMs / 2 : forMs
    await visitCalm(this.#ground, this.crew, seed)
    this.#planned = this.#before + plannedOf(this.#ground, this.options)
    if (mode !== 'explore') {
      const most = mode === 'enumerate' ? cases : Number.POSITIVE_INFINITY
      this.#enumerated = await enumerate(this.#ground, this.crew, seed, this.#budget(most, half), pairs)
    }
    if (mode === 'enumerate') return
    const leftMs = untilMs - wallMs()
    this.#explored = await explore(this.#ground, this.crew, seed, this.#budget(cases, leftMs))
  }

  #budget(cases: number, forMs: number): Budget {
    const { stop } = this.watching
    const lost = () => this.#ground.lost.length
    return new Budget(cases, forMs, {
      get aborted() {
        return stop.aborted || lost() > MOST_LOST
      },
    })
  }

  #tell(doing: string): void {
    const { scenario, all } = this.#ground
    this.watching.tell?.({
      doing: `${scenario.name} ${doing}`,
      planned: this.#planned,
      broken: all.tally.sums.broken + all.lost.length,
    })
  }
}
