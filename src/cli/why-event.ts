import type { JsonValue } from '../core/json.js'
import { BUILT_IN_METERS } from '../core/meters.js'
import type { Amount, Passage, StoryEvent, StoryStep } from '../runtime/story.js'
import { outcomeText, saidBy } from './entry-line.js'
import { calledText, mappingText, windingDownText } from './family-text.js'
import { amount, brief, chainText, cut, shortId, span } from './words.js'

type EventOf<W extends StoryEvent['what']> = Extract<StoryEvent, { what: W }>
type Note = EventOf<'note'>
type Detail = Readonly<Record<string, JsonValue>>

/** One sentence or two for one thing that happened; '' where nothing need be said. */
export function eventText(step: StoryStep, event: StoryEvent): string {
  if (event.what === 'begun') return begunText(step, event)
  if (event.what === 'doubt') return doubtText(event)
  return event.what === 'settled' ? settledText(step, event) : noteText(event)
}

function begunText(step: StoryStep, event: EventOf<'begun'>): string {
  if (step.sort === 'model') return modelBegunText(event)
  const by = event.approval === null ? '' : ', as a person had approved'
  const how = event.resends === null ? `Allowed${by}` : 'Sent again under the same key, which cannot act twice'
  const set = event.reserved.filter(worthTelling(step)).map((one) => `${amount(one.meter, one.amount)} ${nameOf(one)}`)
  const aside = set.length === 0 ? '' : `; set aside at most ${set.join(', ')}`
  const locks = event.locks.length === 0 ? '' : `; held ${event.locks.join(', ')} alone`
  return `${how}: attempt ${event.attempt} began${aside}${locks}.`
}

function modelBegunText({ attempt, reserved }: EventOf<'begun'>): string {
  const usd = reserved.find((one) => one.scope === '' && one.meter === 'usd')?.amount ?? 0
  return `${attempt === 1 ? '' : `Attempt ${attempt}: a`}${attempt === 1 ? 'A' : ''}t most ${amount('usd', usd)} was set aside.`
}

/** Counts of steps and calls say little; money, and what the tool itself charges, say all. */
const worthTelling = (step: StoryStep) => (one: Amount) =>
  one.scope === '' && (one.meter === 'usd' || (step.sort === 'tool' && !Object.hasOwn(BUILT_IN_METERS, one.meter)))

const nameOf = ({ meter }: Amount): string => `of ${meter}`

const WHY_LOST: Readonly<Record<string, string>> = {
  lost: 'its worker died',
  timeout: 'it took too long',
  threw: 'it broke off',
}

function doubtText({ why, message }: EventOf<'doubt'>): string {
  if (why === 'read_back')
    return `${message ?? ''} So it was in doubt, and is for a person where it is not found later.`
  const reason = [WHY_LOST[why] ?? why, message].filter(Boolean).join(': ')
  return `The answer was lost (${reason}). It may have acted, so it was in doubt and not simply tried again.`
}

function settledText(step: StoryStep, event: EventOf<'settled'>): string {
  const { did, fault, source, used, overrun, undid } = event
  const back = undid === null ? '' : ` With it ${undid} is taken back: the same may be done once more.`
  const over = `${back}${overrun ? ' It used more than was set aside; the meter is closed by that much.' : ''}`
  if (source !== null) return `${sourceText(source, did === 'performed')}${over}`
  if (did === 'performed') return step.sort === 'model' ? `${usageText(used)}${over}` : `It was done.${over}`
  const why = [fault?.code, fault?.message].filter(Boolean).join(', ') || 'no answer'
  return `${step.sort === 'tool' ? 'It did not act' : 'It gave nothing'}: ${why}.${over}`
}

function sourceText(source: string, happened: boolean): string {
  const what = happened ? 'had happened' : 'had not happened'
  if (source === 'check') return `The tool's own check found that it ${what}.`
  if (source === 'evidence') return `A receipt that came late showed that it ${what}.`
  return `By the word of ${source.replace(/^person:/, '')} it was settled as ${happened ? 'done' : 'not done'}.`
}

function usageText(used: readonly Amount[]): string {
  const of = (meter: string) => used.find((one) => one.scope === '' && one.meter === meter)?.amount ?? 0
  return `It took ${span(of('active'))}, ${of('input_tokens')} tokens in and ${of('output_tokens')} out, ${amount('usd', of('usd'))}.`
}

const NOTES: Readonly<Partial<Record<Note['about'], (detail: Detail, note: Note) => string>>> = {
  refused: (detail, note) => refusedText(detail, note),
  escalated: (detail) => `${askedBy(detail)}: ${chainText(detail.chain)} (${detail.id}).`,
  answered: (detail) => (detail.by === undefined ? '' : answeredText(detail)),
  expired: (detail) =>
    detail.decision === 'overtaken'
      ? `The question was withdrawn: ${WITHDRAWN[String(detail.by)] ?? 'the lost answer came after all'}.`
      : `Nobody answered in time; ${detail.by} was asked last${detail.first ? `. ${(detail.first as Detail).by} alone had said yes` : ''}.`,
  breach: (detail) => breachText(detail),
  busy: (detail) =>
    `It waited for ${detail.lock ? `the lock ${detail.lock}` : 'its key'}, held by run ${holderOf(detail)}.`,
  checked: () => "The tool's own check could not say yet; it was asked again.",
  repeated: (detail) =>
    `The same was done before, by run ${runOf(detail.of)}: its first result stands, and nothing was done again.`,
  opened: (_, { result }) => `It went on from ${stateText(result)}.`,
  gap: (detail) => `Messages ${detail.from} to ${detail.to} of its session had not come in time, and were given up.`,
  message: (detail, { result }) => `A message came meanwhile and was taken in: ${messageText(detail, result)}.`,
  state: (detail) => `It wrote its session's state: ${brief(detail.value)}.`,
  called: (detail, { result }) => calledText(detail, result),
  mapping: (detail, { result }) => mappingText(detail, result),
  winding_down: (detail) => windingDownText(detail),
  undoing: (_, { result }) => undoingText(result),
  stage: (detail) => `It went on from stage ${detail.from} to ${detail.to}.`,
  signal: (detail) => signalText(detail),
  confidence: (detail) => confidenceText(detail),
  scored: (detail) => scoredText(detail),
  won: (_, { result }) => `Branch ${wonBy(result) + 1} was first; the others were stopped.`,
  sleeping: (detail) => `It slept until ${new Date(Number(detail.until)).toISOString()}.`,
  changed: (detail) =>
    `${detail.by} changed the arguments to ${brief(detail.input)}: a proposal of its own, judged anew.`,
  outage: (detail) => outageText(detail),
  fallback: (detail) => fallbackText(detail),
  failed: (_, note) => (note.result ? `No attempt was left: ${resultText(note.result)}.` : ''),
  alone: () => 'Workers had died over it, one after the other: it was worked alone, to see whether it was the cause.',
  code: (detail) =>
    `Other code went on with it: ${detail.code} after ${detail.before}${detail.by ? `, moved by ${detail.by}` : ''}.`,
  mismatch: (detail) =>
    `The code no longer asked for what the journal holds (expected ${detail.expected}); the run parked.`,
}

/** Why an attempt was not made at once. */
function outageText({ cause, breaker, stands, retries, allowed, calls }: Detail): string {
  if (cause === 'breaker_open') {
    const state = { open: 'open', half_open: 'being probed', isolated: 'isolated' }[String(stands)] ?? stands
    return `The breaker ${breaker} was ${state}: it was not called then.`
  }
  return `The retries of ${breaker} were used up, ${retries} of ${allowed} among ${calls} calls: it was not tried again at once.`
}

function fallbackText({ model, cause }: Detail): string {
  if (cause === 'waited') return `It began again with ${model}.`
  const why =
    cause === 'breaker_open' ? 'the breaker of the one before was not closed' : String(cause).replace('_', ' ')
  return `${model} was asked in its place: ${why}.`
}

/** What was done about it comes after what was seen. */
function signalText({ signal, say, policy }: Detail): string {
  const done = {
    refuse: ' It was told so, as a strike.',
    end: ' The run ends for it.',
    escalate: ' A person was asked.',
  }
  return `Signal ${signal}: ${say}${done[String(policy) as keyof typeof done] ?? ''}`
}

/** The number, the bar, who was asked and what that cost; or what a person said of an outcome that was below. */
function confidenceText({
  of,
  confidence,
  below,
  samples,
  agreed,
  why,
  model,
  usdMicros,
  decision,
  by,
}: Detail): string {
  if (confidence === undefined)
    return `${decision === 'nobody' ? 'Nobody answered in time' : `${by} ${decision === 'approve' ? 'accepted' : 'did not accept'} it`}.`
  const how = samples === null ? `“${why}”` : `${agreed} of ${Number(samples) - 1} other answers agreed`
  const number = Math.round(Number(confidence) * 100) / 100
  const bar = `${Number(confidence) < Number(below) ? 'below' : 'not below'} the bar of ${below}`
  const cost = amount('usd', Number(usdMicros ?? 0))
  return `${number} that ${of === 'outcome' ? 'the outcome' : of} is right, ${bar}: ${how} (${model}, ${cost}).`
}

function scoredText({ name, of, value, model, usdMicros }: Detail): string {
  const cost = `${model}, ${amount('usd', Number(usdMicros ?? 0))}`
  const said = value === null ? 'could not be found out' : `is ${Math.round(Number(value) * 100) / 100}`
  return `The score ${name} of run ${shortId(String(of))} ${said} (${cost}).`
}

const WITHDRAWN: Readonly<Record<string, string>> = {
  race: 'another branch was first',
  message: 'a message answered it',
}

function stateText(result: Note['result']): string {
  const { state = null } = outputOf(result)
  return state === null ? 'an empty state' : `its session's state ${brief((state as Detail).value)}`
}

/** A question's answer stands in the detail, a message between model calls in the result. */
function messageText(detail: Detail, result: Note['result']): string {
  return `${brief(detail.input ?? outputOf(result).input)} (run ${shortId(String(detail.run ?? outputOf(result).run))})`
}

const outputOf = (result: Note['result']): Detail => (result?.status === 'completed' ? (result.output as Detail) : {})

function noteText(note: Note): string {
  const { about, detail } = note
  const known = (typeof detail === 'object' && detail !== null ? detail : {}) as Detail
  return NOTES[about]?.(known, note) ?? ''
}

/** A rule's chain is part of what it shows; a doubt, a repeat and a ceiling ask a question of their own. */
function askedBy({ kind, tool, show }: Detail): string {
  const shown = (typeof show === 'object' && show !== null ? show : {}) as Detail
  if (kind === 'approval' && shown.confidence !== undefined) return 'Its confidence was low: a person had to decide'
  if (kind === 'approval' && shown.chain !== undefined) return `The rule rules.${tool} had a person decide`
  return typeof shown.question === 'string' ? `A person was asked “${shown.question}”` : 'A person had to decide'
}

function refusedText(detail: Detail, { result, strikes }: Note): string {
  const strike = strikes === 0 ? '' : strikes === 1 ? ' It counted as a strike.' : ` It counted as ${strikes} strikes.`
  if (result?.status === 'refused') {
    const rule = result.rule === 'strike' ? 'It could not be used' : `Refused by ${result.rule} (${result.reason})`
    return `${rule}: “${result.say}” Nothing was done.${strike}`
  }
  if (result) return `It was not done: ${resultText(result)}.${strike}`
  return `Refused: ${brief(detail)}.${strike}`
}

function answeredText({ by, decision, note, result, first }: Detail): string {
  const words: Readonly<Record<string, string>> = {
    approve: 'approved exactly this call',
    deny: 'said no',
    happened: 'said that it happened',
    not_happened: 'said that it did not happen',
    answer: `answered ${brief(result)}`,
  }
  const who = first ? `${(first as Detail).by} and ${by}` : by
  if (decision === 'approve' && result !== undefined) return `${who} wanted it with other arguments.`
  return `${who} ${words[String(decision)] ?? decision}${note === undefined ? '' : `: “${note}”`}.`
}

function breachText({ scope, meter, per, used, reserved, amount: more, limit, by, decision }: Detail): string {
  const of = (value: JsonValue | undefined) => amount(String(meter), Number(value ?? 0))
  const where = scope === '' ? 'this run' : String(scope).replace(/^run:/, 'all below run ')
  const window = per === 'total' ? '' : ` per ${per}`
  const room = `No room under the ceiling of ${of(limit)} on ${meter}${window} for ${where}: ${of(used)} used, ${of(reserved)} set aside, ${of(more)} more asked for.`
  return by === undefined
    ? room
    : `${room} ${by} ${decision === 'approve' ? 'had it looked at again' : 'gave no more room'}.`
}

function undoingText(result: Note['result']): string {
  const items = result?.status === 'completed' ? (result.output as readonly { readonly step: string }[]) : []
  const steps = items.map(({ step }) => step).join(', ')
  return steps === '' ? 'There was nothing to take back.' : `To be taken back, the newest first: ${steps}.`
}

function wonBy(result: StoryStep['result']): number {
  const first = result?.status === 'completed' ? (result.output as { readonly first?: number }).first : 0
  return first ?? 0
}

const holderOf = ({ holder }: Detail): string => runOf(holder ?? null)

function runOf(of: JsonValue | undefined): string {
  const runId = typeof of === 'object' && of !== null && 'runId' in of ? of.runId : null
  return runId ? shortId(String(runId)) : 'another'
}

/** A result in words: a model's proposals, or a tool's answer. */
export function resultText(result: StoryStep['result']): string {
  if (result === null) return ''
  if (result.status !== 'completed') return outcomeText(result as unknown as JsonValue)
  const said = saidBy(result.output as JsonValue)
  if (!said) return brief(result.output as JsonValue)
  const calls = said.toolCalls.map((call) => `${call.name} ${cut(call.inputText, 120)}`)
  return [said.text && `“${cut(said.text, 300)}”`, calls.length > 0 ? `proposing ${calls.join(', ')}` : '']
    .filter(Boolean)
    .join(', ')
}

/** Notes that concern no single step. */
const PASSING: ReadonlySet<Note['about']> = new Set(['mismatch', 'code', 'winding_down', 'alone'])

/** What befell the run as a whole; '' for what is no news. */
export function passageText(passage: Passage, workers: Set<string>): string {
  if (passage.what === 'claimed') {
    const { worker, claims } = passage
    const before = workers.size > 0
    const news = !workers.has(worker)
    workers.add(worker)
    if (claims > 1)
      return `${worker} took it up, for the ${ordinal(claims)} time without progress: whoever held it before had died or lost it.`
    return news ? `${worker} ${before ? 'took it up from there' : 'took it up'}.` : ''
  }
  if (passage.what === 'audited') return 'After its end, what was still in doubt was looked at again.'
  if (passage.what === 'noted')
    return PASSING.has(passage.about) ? noteText({ ...passage, what: 'note', result: null, strikes: 0 }) : ''
  if (passage.what !== 'parked') return ''
  const held = /(?:^|, )(switch|window|mismatch):([^,]+)/.exec(passage.waits)
  if (held?.[1] === 'switch') return `It was held by the kill switch on ${held[2]}.`
  return held?.[1] === 'window' ? `It waited for the next window of ${held[2]}.` : ''
}

function ordinal(no: number): string {
  return `${no}${['th', 'st', 'nd', 'rd'][no % 100 > 10 && no % 100 < 14 ? 0 : no % 10] ?? 'th'}`
}
