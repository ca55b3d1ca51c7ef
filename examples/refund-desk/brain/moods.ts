/**
 * How the scripted model behaves on an order. steady: sensibly · loops: the same call again and again · reads_everything: all
 * of a history, page by page · apologises: one apology after the other · malformed: arguments that do not fit at first ·
 * hasty: pays before it has looked.
 */
export const MOODS = ['steady', 'loops', 'reads_everything', 'apologises', 'malformed', 'hasty'] as const
export type Mood = (typeof MOODS)[number]
