import { MidwatchError } from '../core/errors.js'
import { readEntries } from '../core/invariants/read.js'
import type { Ledger } from '../core/ledger.js'
import { type Case, withMessages } from '../rehearse/campaign/case.js'
import { play } from '../rehearse/campaign/plays.js'
import { readStrike, showStrike } from '../rehearse/campaign/strike-text.js'
import { playReal } from '../rehearse/real/play-real.js'
import type { Scenario } from '../rehearse/scenario.js'
import type { Loaded } from '../rehearse/scenario-file.js'
import type { Verdict } from '../rehearse/verdict.js'
import { type Story, storyOf } from '../runtime/story.js'
import type { Call } from './call.js'
import { EXIT } from './exit.js'
import { findRehearsals, storiesOf } from './rehearsals.js'
import type { Reply } from './verb.js'
import { whyText } from './why-text.js'
import { many } from './words.js'

interface Told {
  readonly story: Story
  readonly text: string
}

/** Plays exactly one case, and tells what its runs did as `why` does. */
export async function replayed(call: Call): Promise<Reply> {
  const strikes = call
    .texts('strike')
    .filter((text) => text !== 'none')
    .map(readStrike)
  const { scenario, file } = await onlyOne(call)
  const one: Case = {
    scenario: scenario.name,
    story: storiesOf(scenario)[0] ?? '',
    seed: call.whole('seed', 0) ?? 1,
    strikes,
    ...messagesOf(call, scenario),
  }
  const told: Told[] = []
  const { story, seed } = one
  const look = async (ledger: Ledger) => void told.push(...(await tell(ledger)))
  const [played, id] = [withMessages(scenario, one), { story, seed, strikes }]
  const isReal = call.text('mode') === 'real'
  const verdict = isReal
    ? await playReal(played, id, { file, look, stop: call.io.stopped() })
    : await play(played, id, { look })
  const text = [verdictText(verdict), ...told.map((run) => run.text)].join('\n\n')
  return { text, data: { verdict, runs: told.map((run) => run.story) }, exit: verdict.ok ? EXIT.ok : EXIT.broken }
}

async function onlyOne(call: Call): Promise<Loaded> {
  const loaded = await findRehearsals(call)
  const [only, ...others] = loaded
  if (only && others.length === 0 && storiesOf(only.scenario).length === 1) return only
  const there = loaded.map(({ scenario }) => `${scenario.name}: ${storiesOf(scenario).join(', ')}`)
  throw new MidwatchError(
    'usage',
    `--strike plays one case: say which with --story, and --scenario (${there.join('; ')}).`,
  )
}

function messagesOf(call: Call, { options }: Scenario): { messages?: number[] } {
  const text = call.text('messages')
  if (text === undefined) return {}
  const most = options.stories[0]?.messages.length ?? 0
  const messages = text.split(',').map(Number)
  if (messages.every((no) => Number.isInteger(no) && no >= 1 && no <= most)) return { messages }
  throw new MidwatchError('usage', `--messages '${text}': the story has ${many(most, 'message')}; name some as 1,3.`)
}

async function tell(ledger: Ledger): Promise<Told[]> {
  const now = await ledger.now()
  const runs = [...(await ledger.runs({}))].sort((a, b) => a.createdAt - b.createdAt)
  return Promise.all(
    runs.map(async (run) => {
      const story = storyOf(run, await readEntries(ledger, run.runId, 1, run.headSeq))
      return { story, text: whyText(story, await ledger.escalations({ runId: run.runId }), now) }
    }),
  )
}

function verdictText({ id, ok, struck, bitten, violations, broken, acts, duplicates, digest }: Verdict): string {
  const bit = new Set(bitten.map(showStrike))
  const lines = (id.strikes ?? []).map((strike) => {
    const shown = showStrike(strike)
    const became = bit.has(shown)
      ? 'bit'
      : struck.some((one) => showStrike(one) === shown)
        ? 'struck, nothing came of it'
        : 'found nothing to strike'
    return `  ${shown}  ${became}`
  })
  return [
    `${id.scenario}, story ${id.case}, seed ${id.seed}, ${many(id.strikes?.length ?? 0, 'strike')}: ${ok ? 'it holds' : 'BROKEN'}`,
    ...lines,
    ...violations.map(
      ({ invariant, what, runId, seq }) =>
        `  ${invariant}: ${what}${runId ? ` (run ${runId}${seq ? `, entry ${seq}` : ''})` : ''}`,
    ),
    ...broken.map((what) => `  expectations: ${what}`),
    `  ${many(acts, 'act')}, ${duplicates} of them twice; digest ${digest.slice(0, 16)}`,
  ].join('\n')
}
