import { sha256 } from '../../core/digest.js'
import { MidwatchError } from '../../core/errors.js'
import { chanceOf } from '../chance.js'
import { FAULT_NAMES, FAULTS, type Strike } from '../fault.js'
import type { CaseOf } from '../play.js'
import type { Scenario } from '../scenario.js'
import { siteOf } from '../site.js'
import type { Verdict } from '../verdict.js'
import type { Play } from './case.js'
import { strikesAt, type Visits } from './visits.js'

/** A scenario as far as a campaign looks at it; `play` below plays it. */
export function fakeScenario(name = 'fake', stories: Readonly<Record<string, number>> = { pay: 2, ask: 1 }): Scenario {
  const [first, ...rest] = Object.entries(stories).map(([story, count]) => ({
    name: story,
    messages: Array.from({ length: count }, (_, at) => ({ input: at })),
  }))
  if (!first) throw new Error('A scenario has a story.')
  // biome-ignore lint/suspicious/noExplicitAny: nothing of it is run
  return { name, options: { name, run: [{} as any], stories: [first, ...rest] } }
}

/** Every visit of a story in which nothing strikes. */
export function calmVisits(messages: number): Visits {
  return {
    'call:apply begin': 3 * messages,
    'answer:apply begin': 3 * messages,
    'point:after_effect': 2 * messages,
    'tool:refund': messages,
    'model:desk': 2 * messages,
    'person:approval': messages,
  }
}

const has = (strikes: readonly Strike[], fault: string, place: RegExp) =>
  strikes.some((one) => one.fault === fault && place.test(one.place))

/** A worker that dies is replaced, and its replacement visits more. */
function visitsIn(messages: number, strikes: readonly Strike[]): Visits {
  const calm = calmVisits(messages)
  const crashes = strikes.filter(({ fault }) => fault === 'crash').length
  return crashes === 0 ? calm : { ...calm, 'call:claim': crashes, 'answer:claim': crashes, 'check:refund': crashes }
}

/** What strikes: at places that are not there, or where the model is asked for more than it can, nothing does. */
function struckIn(messages: number, { seed, strikes, rates }: CaseOf): Strike[] {
  const reachable = (struck: readonly Strike[]) => {
    const visits = visitsIn(messages, struck)
    return strikesAt(visits, FAULT_NAMES).filter(({ fault }) => fault !== 'clock_skew')
  }
  const chance = chanceOf(seed)
  const rate = (fault: Strike['fault']) => rates?.[fault] ?? FAULTS[fault].rate
  const wanted = ({ fault, place }: Strike) =>
    strikes === null
      ? chance.of(`${place}/${fault}`) < rate(fault)
      : strikes.some((one) => one.fault === fault && one.place === place)
  const first = reachable([]).filter(wanted)
  return reachable(first).filter(wanted)
}

/**
 * Planted: a crash after the second effect with a claim whose answer is lost acts twice (I3); a cut tool loses a receipt,
 * an expectation; a stall of a visit beyond the second strands the run (I6).
 */
function faultsIn(struck: readonly Strike[]) {
  const violations: { invariant: 'I3' | 'I6'; what: string }[] = []
  if (has(struck, 'crash', /point:after_effect#2/) && has(struck, 'answer_lost', /answer:claim/)) {
    violations.push({ invariant: 'I3', what: `Effect 0123456789abcdef was begun ${struck.length} times.` })
  }
  if (struck.some(({ fault, place }) => fault === 'stall' && /^call/.test(place) && siteOf(place).nth > 2)) {
    violations.push({ invariant: 'I6', what: 'A run waits for nothing.' })
  }
  const broken = has(struck, 'tool_cut', /tool:refund/) ? [`${struck.length} receipts are missing.`] : []
  return { violations: violations.map((one) => ({ ...one, numbers: {} })), broken }
}

/** Plays nothing; deterministic. A story called `dies` ends the process where the tool is busy, one called `hangs` never ends. */
export const play: Play = async (scenario, id): Promise<Verdict> => {
  const messages = scenario.options.stories.find(({ name }) => name === id.story)?.messages.length ?? 0
  const struck = struckIn(messages, id)
  if (id.story === 'dies' && has(struck, 'tool_busy', /./)) process.exit(9)
  if (id.story === 'hangs' && has(struck, 'tool_busy', /./)) await new Promise(() => undefined)
  if (id.story === 'unplayable') throw new MidwatchError('invalid_definition', 'It has a stand-in of no tool.')
  if (id.story === 'throws' && has(struck, 'tool_busy', /./)) throw new Error('The stage fell down.')
  const { violations, broken } = faultsIn(struck)
  const ok = violations.length + broken.length === 0
  const shape = sha256(struck.map(({ fault }) => fault).join()).slice(0, 16)
  const { story, seed, strikes } = id
  return {
    id: { scenario: scenario.name, case: story, seed, strikes },
    side: 'midwatch',
    ok,
    violations,
    broken,
    struck,
    bitten: struck.filter(({ fault }) => fault !== 'tool_slow'),
    runs: [runEnd(ok, struck.length)],
    rules: { 'fake/refund': { allowed: messages, stopped: struck.length }, 'fake/close': { allowed: 0, stopped: 0 } },
    acts: messages,
    duplicates: violations.length,
    stuck: 0,
    usdMicros: 1_000 * (struck.length + 1),
    virtualMs: 60_000,
    visits: visitsIn(messages, struck),
    shape,
    digest: sha256(JSON.stringify([scenario.name, story, seed, struck, messages])),
  }
}

export const playNaive: Play = async (scenario, id) => {
  const verdict = await play(scenario, id)
  return { ...verdict, side: 'naive', duplicates: verdict.struck.length, ok: verdict.struck.length === 0 }
}

function runEnd(ok: boolean, strikes: number): Verdict['runs'][number] {
  const known = { runId: 'r', agent: 'fake', detail: null, waits: null, steps: 3, attempts: 3, usdMicros: 1_000 }
  return { ...known, status: ok ? 'completed' : 'failed', tookMs: 1_000 + 500 * strikes }
}
