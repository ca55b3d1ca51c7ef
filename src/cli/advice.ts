import type { Escalation } from '../core/escalation.js'
import type { JsonValue } from '../core/json.js'
import type { RunRow } from '../core/run-row.js'
import type { EpochMs } from '../core/time.js'
import { brief, fromNow, shortId } from './words.js'

/** What a person can do about a run that waits. */
export function adviceFor(run: RunRow, open: readonly Escalation[], now: EpochMs): string {
  const stands = run.state === 'waiting' ? `waits for ${run.waits}` : `is ${run.state}`
  const due = run.dueAt === null ? '' : `, due ${fromNow(run.dueAt, now)}`
  const lines = open.flatMap((one) => [
    `${question(one)} (${askedOf(one)}, ${fromNow(one.dueAt, now)})`,
    ...commands(one),
  ])
  if (run.waits?.includes('switch:')) lines.push(`  midwatch release ${run.waits.replace(/^.*switch:/, '')}`)
  if (run.waits?.includes('breaker:'))
    lines.push(`  midwatch breakers, and midwatch breakers release ${run.waits.replace(/^.*breaker:/, '')}`)
  if (run.waits?.includes('mismatch:'))
    lines.push(
      '  The code changed under it: start the version that it began with, midwatch move it to one that fits, or midwatch cancel it.',
    )
  const again = run.key === null ? '' : `, or the same 'midwatch run' with its key`
  const goesOn = `It goes on where a worker serves it: 'midwatch start'${again}.`
  return [`run ${shortId(run.runId)} ${stands}${due}`, ...lines, goesOn].join('\n')
}

/** What an escalation asks, on one line. */
export function question(one: Escalation): string {
  const shown = JSON.parse(one.show) as { question?: string; input?: JsonValue; call?: { input?: JsonValue } }
  const input = shown.input ?? shown.call?.input
  const call = one.tool === null ? '' : `${one.tool} ${input === undefined ? '' : brief(input, 120)}`.trim()
  return [call, shown.question].filter(Boolean).join(': ') || brief(one.show)
}

/** Who is asked now, and of two who said yes already. */
export function askedOf({ chain, rung, people, first }: Escalation): string {
  const to = chain[rung]?.to ?? 'nobody'
  if (people === 1) return to
  return first === null ? `${to} (two people)` : `${to} (${first.by} said yes, one more)`
}

/** How it is answered. */
export function commands(one: Escalation): string[] {
  if (one.kind === 'approval') return [`  midwatch approve ${one.id}`, `  midwatch deny ${one.id} --note 'why'`]
  if (one.kind === 'question') return [`  midwatch answer ${one.id} --text 'words' (or --value JSON)`]
  return [`  midwatch resolve ${one.id} --happened [--result JSON]`, `  midwatch resolve ${one.id} --not-happened`]
}
