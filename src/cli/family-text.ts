import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import type { Group, RunRow } from '../core/run-row.js'
import { table } from '../core/text-table.js'
import type { StoryStep } from '../runtime/story.js'
import { outcomeText } from './entry-line.js'
import { amount, brief, shortId, span } from './words.js'

type Detail = Readonly<Record<string, JsonValue>>

const MOST_SHOWN = 20

/** A call of another agent or flow: that it was made, then how that one ended. */
export function calledText({ child, agent, share }: Detail, result: StoryStep['result']): string {
  const run = `run ${shortId(String(child))}`
  if (result === null) {
    const of = Array.isArray(share) ? `, with ${shareText(share)} of what was left` : ''
    return `It called ${agent} (${run}) as a run of its own${of}.`
  }
  const outcome = result.status === 'completed' ? result.output : result
  return `That ended: ${brief(outcomeText(outcome as JsonValue), 400)}.`
}

function shareText(share: readonly JsonValue[]): string {
  const texts = share.map((one) => {
    const { meter, limit } = one as { readonly meter: string; readonly limit: number }
    return `at most ${amount(meter, limit)} on ${meter}`
  })
  return texts.join(', ')
}

/** A map: that each row becomes a run, then how many came to a result. */
export function mappingText({ atOnce, rows, done, not, admitted }: Detail, result: StoryStep['result']): string {
  if (admitted !== undefined) return `${admitted} rows had been admitted when another worker went on with it.`
  if (result === null) return `Each row became a run of its own, at most ${atOnce} of them at a time.`
  return `Of ${rows} rows ${done} came to a result and ${not} did not.`
}

/** A run that must end, and what comes before that: the end of what runs below it, or what becomes of what it did. */
export function windingDownText({ outcome, unwinds }: Detail): string {
  const how = brief(outcomeText(outcome ?? null), 200)
  if (unwinds === 'undo') return `It had to end (${how}): before that, what it had done was to be taken back.`
  if (unwinds !== undefined)
    return `It had to end (${how}): before that, a person was to say what becomes of what it had done.`
  return `It had to end (${how}) and ended first what ran below it.`
}

/** Where a run stands among others; '' where it stands alone. */
export function kinText({ parent, continues, continuedAs, groupNo }: RunRow): string {
  const called =
    parent &&
    `Called by run ${parent.runId}, at its step ${parent.step}${groupNo === null ? '' : ` as number ${groupNo}`}.`
  const before = continues && `It goes on from run ${continues}.`
  const after = continuedAs && `It went on as run ${continuedAs}.`
  return [called, before, after].filter(Boolean).join(' ')
}

/** Runs that a run called, with how each stands. */
export interface Below {
  readonly children: readonly RunRow[]
  readonly groups: readonly ({ readonly step: string } & Group)[]
}

/** The children of a run, the first of them where they are many, and where its maps have come to. */
export async function belowOf(ledger: Ledger, runId: string): Promise<Below> {
  const children = await ledger.children({ runId, limit: MOST_SHOWN })
  const steps = new Set(children.filter((child) => child.groupNo !== null).map((child) => child.parent?.step ?? ''))
  const groups = await Promise.all(
    [...steps].map(async (step) => ({ step, group: await ledger.group({ runId, step }) })),
  )
  return { children, groups: groups.flatMap(({ step, group }) => (group ? [{ step, ...group }] : [])) }
}

export function belowText({ children, groups }: Below, now: number): string {
  if (children.length === 0) return ''
  const rows = children.map((child) => [
    shortId(child.runId),
    child.parent?.step ?? '',
    `${child.agent}@${child.version}`,
    child.state === 'ended' ? [child.outcome, child.detail].filter(Boolean).join(' ') : child.state,
    span((child.endedAt ?? now) - child.createdAt),
  ])
  const more = children.length === MOST_SHOWN ? [`Only the first ${MOST_SHOWN}.`] : []
  const maps = groups.map(
    ({ step, admitted, ended, total }) => `${step}: ${ended} of ${total ?? `${admitted} so far`} rows have ended.`,
  )
  return [table(['child', 'step', 'agent', 'stands', 'took'], rows), ...more, ...maps].join('\n')
}
