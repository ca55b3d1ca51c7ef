import type { Verdict } from '../verdict.js'
import { type BrokenThing, thingKey } from './broken-thing.js'
import type { Case } from './case.js'
import { type Crew, Stopped } from './crew.js'
import type { Finding, Ground } from './ground.js'
import { type Shrunk, shrink } from './shrink.js'

/** Of all things that broke, so many are shrunk; the rest is shown as it was found. */
const MOST_SHRUNK = 12

/** Something that broke: in how many cases, and the smallest case that was found to break it. */
export interface Break {
  readonly thing: BrokenThing
  readonly cases: number
  readonly case: Case
  readonly verdict: Verdict
  /** As it was found. */
  readonly found: Case
  /** Plays that shrinking took; null: it was not shrunk. */
  readonly shrinkPlays: number | null
  /** False: the same strikes did not break it again. */
  readonly again: boolean
}

/** Everything that broke in a scenario, each shrunk: side by side, since one shrinking plays case after case. */
export function breaksOf(ground: Ground, crew: Crew, stop: { readonly aborted: boolean }): Promise<Break[]> {
  const { findings, all } = ground
  return Promise.all(
    findings.map(async (finding, at) => {
      const cases = all.tally.things[thingKey(finding.thing)] ?? finding.examples.length
      const small = at < MOST_SHRUNK && !stop.aborted ? await shrunk(ground, crew, finding) : null
      return breakOf(finding, cases, small)
    }),
  )
}

/** The example with the fewest strikes is nearest to the smallest. */
async function shrunk(ground: Ground, crew: Crew, { thing, examples }: Finding): Promise<Shrunk | null> {
  const [found] = [...examples].sort((a, b) => a.verdict.struck.length - b.verdict.struck.length)
  if (!found) return null
  const story = ground.scenario.options.stories.find(({ name }) => name === found.case.story)
  const play = async (one: Case) => (await crew.play([one], { aside: true })).verdicts[0] ?? null
  try {
    return await shrink(found.case, found.verdict, thing, play, story?.messages.length ?? 1)
  } catch (error) {
    if (error instanceof Stopped) return null
    throw error
  }
}

function breakOf({ thing, examples }: Finding, cases: number, small: Shrunk | null): Break {
  const first = examples[0]
  if (!first) throw new Error(`Nothing is known to break ${thing.what}.`)
  const found = first.case
  if (!small) return { thing, cases, ...first, found, shrinkPlays: null, again: true }
  return { thing, cases, case: small.case, verdict: small.verdict, found, shrinkPlays: small.plays, again: small.again }
}
