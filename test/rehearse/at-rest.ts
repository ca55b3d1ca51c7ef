import type { After } from '../../src/rehearse/scenario.js'

/** Everywhere, whatever befell it: a run has ended, or it is with a person. */
export function notAtRest({ runs }: Pick<After<unknown>, 'runs'>): string[] {
  return runs
    .filter(({ status, waits }) => status === null && !waits?.includes('person:'))
    .map(({ runId, waits }) => `${runId} neither ended nor is with a person: it waits for ${waits ?? 'nothing'}.`)
}
