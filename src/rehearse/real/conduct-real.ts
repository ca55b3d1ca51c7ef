import { playNaive } from '../campaign/plays.js'
import { ratesFor } from '../campaign/rates.js'
import { type Attending, type ConductOptions, conduct } from '../conduct.js'
import type { Report } from '../report/report.js'
import type { Loaded } from '../scenario-file.js'
import { RealHouse } from './play-real.js'
import { RealPlayCrew } from './real-play-crew.js'

/** Conducts a rehearsal over real processes and a real PostgreSQL: each story calmly, then seeds by the rates of the faults. */
export async function conductReal(
  loaded: readonly Loaded[],
  options: Omit<ConductOptions, 'mode' | 'processes' | 'real'>,
  attending: Attending,
  shownAs?: (file: string) => string,
): Promise<Report> {
  const files = new Map(loaded.map(({ scenario, file }) => [scenario.name, file]))
  const rates = ratesFor(options.faults)
  const house = await RealHouse.open({})
  const { stop } = attending
  try {
    const crew = new RealPlayCrew(
      loaded.map(({ scenario }) => scenario),
      {
        play: (scenario, id) => house.play(scenario, id, { file: files.get(scenario.name) ?? '', stop }),
        ...(options.naive && { naive: playNaive }),
        ...(rates && { rates }),
      },
    )
    return await conduct(loaded, { ...options, mode: 'explore', processes: 0, real: crew }, attending, shownAs)
  } finally {
    await house.close()
  }
}
