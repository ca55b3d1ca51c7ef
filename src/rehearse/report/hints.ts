import type { Tally } from '../campaign/tally.js'
import { counted } from './figures.js'

/** What a rehearsal that holds may still not have shown. A sentence each; no failures. */
export function hintsOf(tally: Pick<Tally, 'rules' | 'calmEnds'>): string[] {
  return [...quietRules(tally), ...idleStories(tally)]
}

/**
 * Stories that come to nothing where nothing goes wrong: a script that proposes a tool that there is not hands over every time,
 * and what binds runs that completed binds none.
 */
function idleStories({ calmEnds }: Pick<Tally, 'calmEnds'>): string[] {
  const named = Object.entries(calmEnds).sort(([a], [b]) => (a < b ? -1 : 1))
  const idle = named.filter(([, ends]) => ends.completed === undefined && ends.refused === undefined)
  const told = idle.map(([story, ends]) => `${story} (${Object.keys(ends).sort().join(', ')})`)
  return told.length === 0 ? [] : [`stories that neither complete nor refuse in calm cases: ${told.join(', ')}`]
}

/**
 * Rules that the rehearsal never saw at work: no call was refused by them or put before people, or only where a fault had
 * struck. A hint and no failure: without them all would have held as well. A sentence each, none where all rules spoke.
 */
function quietRules({ rules }: Pick<Tally, 'rules'>): string[] {
  const named = Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1))
  const never = named.flatMap(([rule, { allowed, stopped }]) =>
    stopped > 0 ? [] : [`${rule} (${allowed === 0 ? 'no call was begun' : `${counted(allowed, 'call')} allowed`})`],
  )
  const struck = named.flatMap(([rule, { stopped, calm }]) => (stopped > 0 && calm === 0 ? [rule] : []))
  return [
    ...(never.length === 0 ? [] : [`rules that never said no: ${never.join(', ')}`]),
    ...(struck.length === 0 ? [] : [`rules that said no under faults alone: ${struck.join(', ')}`]),
  ]
}
