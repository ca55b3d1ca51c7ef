import { type CampaignOptions, campaign, type Watching } from './campaign/campaign.js'
import type { Crew } from './campaign/crew.js'
import { play, playNaive } from './campaign/plays.js'
import { ProcessCrew } from './campaign/process-crew.js'
import { ratesFor } from './campaign/rates.js'
import { SoloCrew } from './campaign/solo-crew.js'
import { wallMs } from './campaign/wall-clock.js'
import { type Report, reportOf } from './report/report.js'
import type { Loaded } from './scenario-file.js'

const PLAYS = new URL('./campaign/plays.js', import.meta.url)

export interface ConductOptions extends CampaignOptions {
  /** 0: in this process, for scenarios that no file exports. */
  readonly processes: number
  /** Wall time without a word until a case counts as hung; default one minute. */
  readonly hangMs?: number
  /** URL of a module in place of the one that plays. */
  readonly plays?: string
  /** Plays over real processes, in place of those that simulate. */
  readonly real?: Crew
}

/** Who watches, with how many cases are played already. */
export interface Attending extends Omit<Watching, 'tell'> {
  readonly tell?: (state: {
    readonly doing: string
    readonly planned: number
    readonly broken: number
    readonly done: number
  }) => void
}

/** Conducts a rehearsal from the first case to the report. */
export async function conduct(
  loaded: readonly Loaded[],
  options: ConductOptions,
  { stop, tell }: Attending,
  shownAs: (file: string) => string = (file) => file,
): Promise<Report> {
  const beganMs = wallMs()
  const scenarios = loaded.map(({ scenario }) => scenario)
  const crew = options.real ?? crewOf(loaded, options)
  const close = () => crew.close()
  stop.addEventListener('abort', close, { once: true })
  try {
    const results = await campaign(scenarios, crew, options, {
      stop,
      tell: (state) => tell?.({ ...state, done: crew.done }),
    })
    const files = new Map(loaded.map(({ scenario, file }) => [scenario.name, shownAs(file)]))
    const { mode, seed, processes } = options
    const stopped = stop.aborted
    return reportOf(results, {
      mode: options.real ? 'real' : mode,
      seed,
      stopped,
      processes: Math.max(1, processes),
      tookMs: wallMs() - beganMs,
      files,
    })
  } finally {
    stop.removeEventListener('abort', close)
    crew.close()
  }
}

function crewOf(loaded: readonly Loaded[], options: ConductOptions): Crew {
  const { processes, naive, faults, hangMs, plays = PLAYS.href } = options
  const rates = ratesFor(faults)
  const more = rates && { rates }
  if (processes === 0) {
    return new SoloCrew(
      loaded.map(({ scenario }) => scenario),
      { play, ...(naive && { naive: playNaive }), ...more },
    )
  }
  const files = [...new Set(loaded.map(({ file }) => file))]
  return new ProcessCrew({ files, plays, naive, ...more }, { processes, ...(hangMs !== undefined && { hangMs }) })
}
