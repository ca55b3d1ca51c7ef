import { sha256 } from '../../core/digest.js'
import { canonical } from '../../core/json.js'
import { showUsd } from '../../core/money.js'
import type { Definition } from '../../orchestrator/definition.js'
import { summary } from '../../orchestrator/outcome.js'
import { expectations } from '../judge/expectations.js'
import type { Message } from '../scenario.js'
import type { SiteKey } from '../site.js'
import type { Surroundings } from '../surroundings.js'
import { actsDone } from '../tools/witness.js'
import type { Act, CaseId, RunEnd, Verdict } from '../verdict.js'
import type { NaiveCrew, Working } from './naive-crew.js'

export interface NaivePlayed {
  readonly id: CaseId
  readonly surroundings: Surroundings
  readonly crew: NaiveCrew
  readonly keyOf: (message: Message) => string
  readonly definitionFor: (message: Message) => Definition
  readonly virtualMs: number
  readonly faults: readonly string[]
}

/** Judges what a naive twin did, by the same measure where there is one: what was done twice, what never ended, what it cost. */
export async function naiveVerdict(played: NaivePlayed): Promise<Verdict> {
  const { id, surroundings, crew, virtualMs, faults } = played
  const { fates } = surroundings
  const acts = actsDone(surroundings)
  const runs = crew.workings.map(endOf)
  const usdMicros = runs.reduce((sum, run) => sum + run.usdMicros, 0)
  const duplicates = repeats(acts, played)
  const stuck = lost(played)
  const broken = [
    ...faults,
    ...duplicates.map(
      ({ tool, input }) => `${tool} was done again for the same message: ${canonical(input).slice(0, 120)}.`,
    ),
    ...stuck.map((key) => `Message ${key} never came to an end.`),
    ...overCeilings(played),
    ...afterKill(crew, acts.length),
    ...(await expected(surroundings, runs, acts, usdMicros)),
  ]
  const verdict: Omit<Verdict, 'digest'> = {
    id,
    side: 'naive',
    ok: broken.length === 0,
    violations: [],
    broken,
    struck: fates.struck,
    bitten: fates.struck.filter((strike) => fates.bitten.has(strike)),
    runs,
    rules: {},
    acts: acts.length,
    duplicates: duplicates.length,
    stuck: stuck.length,
    usdMicros,
    virtualMs,
    visits: Object.fromEntries(fates.visits) as Record<SiteKey, number>,
    shape: shapeOf(runs, acts),
  }
  return { ...verdict, digest: sha256(canonical(verdict)).slice(0, 32) }
}

function endOf({ runId, agent, tally, outcome, threw, startedAt, endedAt }: Working): RunEnd {
  return {
    runId,
    agent,
    status: outcome?.status ?? null,
    detail: outcome ? summary(outcome) : threw,
    waits: null,
    steps: tally.steps,
    attempts: tally.attempts,
    usdMicros: tally.usdMicros,
    tookMs: outcome === null || endedAt === null ? null : endedAt - startedAt,
  }
}

/** Acts beyond the first with the same arguments for the same message. */
function repeats(acts: readonly Act[], { crew, keyOf }: NaivePlayed): Act[] {
  const messages = new Map(crew.workings.map(({ runId, message }) => [runId, keyOf(message)]))
  const seen = new Set<string>()
  return acts.filter(({ tool, input, message, runId }) => {
    const done = canonical([tool, input, message ?? messages.get(runId ?? '') ?? runId ?? null])
    const again = seen.has(done)
    seen.add(done)
    return again
  })
}

/** Messages that no working brought to an end. One that nobody took because it was killed before is not lost. */
function lost({ surroundings, crew, keyOf }: NaivePlayed): string[] {
  const keys = new Set(surroundings.story.messages.map(keyOf))
  const ended = new Set(crew.workings.filter(({ outcome }) => outcome !== null).map(({ message }) => keyOf(message)))
  const taken = new Set(crew.workings.map(({ message }) => keyOf(message)))
  return [...keys].filter((key) => !ended.has(key) && (crew.actsAtKill === null || taken.has(key)))
}

/** What the agents' own ceilings allow for a run, spent on one message however often it was worked. */
function overCeilings({ surroundings, crew, keyOf, definitionFor }: NaivePlayed): string[] {
  const messages = new Map(surroundings.story.messages.map((message) => [keyOf(message), message]))
  return [...messages].flatMap(([key, message]) => {
    const { name, ceilings } = definitionFor(message)
    const limit = ceilings.find((c) => c.scope === 'run' && c.meter === 'usd')?.limit
    const workings = crew.workings.filter((one) => keyOf(one.message) === key)
    const spent = workings.reduce((sum, { tally }) => sum + tally.usdMicros, 0)
    if (limit === undefined || spent <= limit) return []
    return [`Message ${key} cost ${showUsd(spent)}; the ceiling of ${name} is ${showUsd(limit)}.`]
  })
}

function afterKill({ actsAtKill }: NaiveCrew, acts: number): string[] {
  if (actsAtKill === null || acts <= actsAtKill) return []
  return [`${acts - actsAtKill} acts after it was killed.`]
}

/** Expectations that need no journal. Those of the scenario's own that cannot do without are left out. */
async function expected(
  s: Surroundings,
  runs: readonly RunEnd[],
  acts: readonly Act[],
  usdMicros: number,
): Promise<string[]> {
  const { story, world, fates, scenario } = s
  const after = { story, world, runs, facts: [], acts, scores: [], usdMicros, calm: fates.struck.length === 0 }
  const { that, ...plain } = scenario.expect ?? {}
  const said = await expectations(plain, after)
  if (that === undefined) return said
  try {
    return [...said, ...(await that(after))]
  } catch {
    return said
  }
}

/** Digest of what was done and how it ended. */
function shapeOf(runs: readonly RunEnd[], acts: readonly Act[]): string {
  const lines = [
    ...runs.map(({ agent, status, steps }) => `${agent} ${status} ${steps}`),
    ...acts.map(({ tool }) => tool),
  ]
  return sha256(lines.join('\n')).slice(0, 16)
}
