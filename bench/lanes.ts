import type { Contender } from './contender.js'

type OneRun = NonNullable<Contender['run']>

/** So many lanes side by side, each starting a run when its last one has ended. */
export function inLanes(run: OneRun): Pick<Contender, 'work'> & { readonly run: OneRun } {
  return {
    run,
    work: async ({ lanes, steps }, tally) => {
      const lane = async () => {
        while (!tally.over) await run(steps, tally)
      }
      await Promise.all(Array.from({ length: lanes }, lane))
    },
  }
}
