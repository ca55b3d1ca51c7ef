import type { Chaos } from './chaos.js'

/** What is wrong, a line each; nothing where all that was promised held. */
export function faultsOf(one: Chaos): string[] {
  return [
    ...one.violations,
    ...one.duplicates.map((what) => `done twice: ${what}`),
    ...one.lost.map((what) => `lost: ${what}`),
    ...one.stuck.map((what) => `stuck: ${what}`),
    ...(one.overshoot > 0 ? [`a ceiling was passed by ${one.overshoot}`] : []),
  ]
}

/** One line for what was done to it, and one for what came of it. */
export function describe(one: Chaos): string {
  const { struck, outcomes } = one
  const { completed = 0 } = outcomes
  const ends = [`${completed} completed`, ...Object.entries(one.reasons).map(([why, count]) => `${count} ${why}`)]
  return [
    `${struck.SIGKILL} workers killed, ${struck.SIGSTOP} stopped, ${one.restarts} restarts of the database; ${one.takenOver} runs taken over, ${one.answered} doubts answered by a person, ${one.stale} acts of workers that had lost their run refused by the world, ${one.repeated} repeats known by their key`,
    `${one.accepted} messages in ${one.deliveries} deliveries, ${one.runs} runs (${ends.join(', ')}), ${one.effects} effects by the world's journal: ${one.duplicates.length} duplicates, ${one.lost.length} lost, ${one.refused} refused by ceilings and overshoot ${one.overshoot}, ${one.stuck.length} stuck, ${one.violations.length} violations; ${(one.tookMs / 1_000).toFixed(0)} s`,
  ].join('\n  ')
}
