import type { Escalation } from '../core/escalation.js'
import type { JsonValue } from '../core/json.js'
import type { Outcome } from '../core/states.js'
import { table } from '../core/text-table.js'
import type { EpochMs } from '../core/time.js'
import type { Spent, Story, StoryStep } from '../runtime/story.js'
import { adviceFor } from './advice.js'
import { kinText } from './family-text.js'
import { eventText, passageText, resultText } from './why-event.js'
import { amount, brief, clockTime, span, stamp } from './words.js'

interface Told {
  readonly seq: number
  readonly text: string
}

const WIDTH = 100

/** A run's story as prose: what was asked, what was proposed and why, what was allowed or refused by what, how it ended. */
export function whyText(story: Story, escalations: readonly Escalation[], now: EpochMs): string {
  const open = escalations.filter((one) => one.state === 'open')
  const late = unheard(story, escalations)
  const paragraphs = [asked(story), ...body(story), ...late, spentText(story), ending(story, open, now)]
  return paragraphs.map(wrap).join('\n\n')
}

function asked({ run, input }: Story): string {
  const { runId, agent, version, tenant, session, principal, key, origin, createdAt, parent, continues } = run
  const who = [
    `tenant ${tenant}`,
    session && `session ${session}`,
    principal && `for ${principal}`,
    key && `key ${key}`,
  ]
  const again =
    origin === runId || parent !== null || continues !== null ? '' : `It does the work of run ${origin} again.`
  const line = [again, kinText(run)]
    .filter(Boolean)
    .map((text) => ` ${text}`)
    .join('')
  return `Run ${runId} of ${agent}@${version} (${who.filter(Boolean).join(', ')}).\nAsked at ${stamp(createdAt)}: ${brief(input, 600)}${line}`
}

/** Steps in the order they began; what befell the whole run stands where it happened. */
function body({ steps, passages }: Story): string[] {
  const workers = new Set<string>()
  const between = passages
    .map((one): Told => ({ seq: one.seq, text: passageText(one, workers) }))
    .filter((one) => one.text !== '')
  const told = steps.map((step, i) => ({
    seq: step.events[0]?.seq ?? 0,
    text: stepText(step, i + 1, takeWithin(step, between)),
  }))
  return [...told, ...between].sort((a, b) => a.seq - b.seq).map((one) => one.text)
}

/** Answers that the run has not folded into its journal: it was not taken up since, or ended first. */
function unheard({ steps }: Story, escalations: readonly Escalation[]): string[] {
  const heard = new Set(
    steps.flatMap(({ events }) =>
      events.flatMap((event) => (event.what === 'note' && event.about === 'answered' ? [idIn(event.detail)] : [])),
    ),
  )
  const answered = escalations.filter((one) => one.state === 'answered' && !heard.has(one.id))
  return answered.map(
    (one) =>
      `${stamp(one.answeredAt ?? one.openedAt)}  ${one.by} answered ${one.id} (${one.tool ?? one.kind}): ${one.decision?.replace('_', ' ')}. The run has not acted on it.`,
  )
}

const idIn = (detail: JsonValue): string =>
  typeof detail === 'object' && detail !== null && 'id' in detail ? String(detail.id) : ''

/** Takes out what happened while a step was under way: it is told within it. */
function takeWithin({ events }: StoryStep, between: Told[]): Told[] {
  const [first, last] = [events[0]?.seq ?? 0, events.at(-1)?.seq ?? 0]
  const within = between.filter((one) => one.seq > first && one.seq < last)
  for (const one of within) between.splice(between.indexOf(one), 1)
  return within
}

function stepText(step: StoryStep, no: number, within: readonly Told[]): string {
  const events = step.events.map((event): Told => ({ seq: event.seq, text: eventText(step, event) }))
  const told = [...events, ...within].sort((a, b) => a.seq - b.seq).map((one) => one.text)
  const lines = [`${no}. ${clockTime(step.at)}  ${opening(step)}`, told.filter(Boolean).join(' '), answer(step)]
  return lines.filter(Boolean).join('\n   ')
}

function opening({ sort, name, input, said }: StoryStep): string {
  const because = said === null ? '' : `, because: “${said}”`
  if (sort === 'model') return `Asked the model ${name}.`
  if (sort === 'read') return `${name} was read.`
  if (sort === 'run') return `Called ${name} ${brief(input, 400)}${because}.`.replace('”.', '”')
  if (sort === 'tool') return `Proposed: ${name} ${brief(input, 400)}${because}.`.replace('”.', '”')
  return name === 'ask' ? 'A person was asked.' : `${name[0]?.toUpperCase()}${name.slice(1)}.`
}

function answer({ sort, result }: StoryStep): string {
  if (result?.status !== 'completed' || result.output === null || sort === 'run') return ''
  return `${sort === 'model' ? 'It said' : 'Result'}: ${resultText(result)}`
}

function spentText({ spent }: Story): string {
  const rows = spent.filter(({ used, reserved, limit }) => used + reserved > 0 && limit !== null).map(spentRow)
  if (rows.length === 0) return 'Nothing was spent.'
  const lines = table(['spent', 'used', 'set aside', 'ceiling', ''], rows).split('\n')
  return lines.map((line) => line.replace(/ +-?$/, '')).join('\n')
}

function spentRow({ meter, scope, per, used, reserved, limit }: Spent): string[] {
  const of = (value: number) => amount(meter, value)
  const where = scope === '' ? '' : `${scope}${per === 'total' ? '' : ` per ${per}`}, as of this run's last call`
  return [meter, of(used), of(reserved), of(limit ?? 0), where]
}

function ending({ run, outcome }: Story, open: readonly Escalation[], now: EpochMs): string {
  if (run.state !== 'ended') return `It has not ended: ${adviceFor(run, open, now)}`
  const took = span((run.endedAt ?? now) - run.createdAt)
  const doubts =
    run.open.length === 0
      ? ''
      : `\nStill in doubt: entries ${run.open.join(', ')}; they are looked at again until it is known.`
  const how = outcome === null ? `${run.outcome ?? 'ended'}; its words were erased.` : outcomeSentence(outcome)
  return `Ended after ${took}: ${how}${woundText(outcome)}${doubts}`
}

/** What was taken back before the end, and what stands. */
function woundText(outcome: Outcome<JsonValue> | null): string {
  if (outcome === null || outcome.status === 'completed' || !outcome.windDown) return ''
  const { undone, remains, by } = outcome.windDown
  const back =
    undone.length === 0 ? 'Nothing was taken back' : `Taken back: ${undone.map(({ step }) => step).join(', ')}`
  const stands = remains.map(
    ({ step, why, code }) => `${step} (${[why.replace('_', ' '), code].filter(Boolean).join(': ')})`,
  )
  const said = by ? `, as ${by} would have it` : ''
  return `\n${back}. ${stands.length === 0 ? 'Nothing stands.' : `What stands${said}: ${stands.join(', ')}.`}`
}

function outcomeSentence(outcome: Outcome<JsonValue>): string {
  switch (outcome.status) {
    case 'completed':
      return `completed, with ${brief(outcome.output, 600)}`
    case 'refused':
      return `refused by ${outcome.rule} (${outcome.reason}): “${outcome.say}”`
    case 'handed_over':
      return `handed over to ${outcome.to}${outcome.note ? `: “${outcome.note}”` : '.'}`
    case 'exhausted': {
      const of = (value: number) => amount(outcome.meter, value)
      return `exhausted: ${of(outcome.used)} of ${of(outcome.limit)} on ${outcome.meter} left no room for the next step.`
    }
    case 'failed':
      return `failed, ${outcome.code} (${outcome.owner})${outcome.message ? `: ${outcome.message}` : ''}`
    case 'killed':
      return `killed by ${outcome.by}, through the switch on ${outcome.scope}.`
  }
}

/** Breaks long lines at spaces, keeping each line's own indentation. */
function wrap(paragraph: string): string {
  return paragraph.split('\n').map(wrapLine).join('\n')
}

function wrapLine(line: string): string {
  const indent = /^(\d+\. | *)/.exec(line)?.[0].length ?? 0
  const lines: string[] = []
  let rest = line
  while (rest.length > WIDTH) {
    const at = rest.lastIndexOf(' ', WIDTH)
    if (at <= indent) break
    lines.push(rest.slice(0, at))
    rest = `${' '.repeat(indent)}${rest.slice(at + 1)}`
  }
  return [...lines, rest].join('\n')
}
