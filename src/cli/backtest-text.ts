import { table } from '../core/text-table.js'
import type { Backtest, Rejudged } from '../rehearse/past/backtest.js'
import type { Ruling } from '../rehearse/past/ruling.js'
import { amount, brief, chainText, many, shortId, stamp } from './words.js'

const SHOWN = 40
const SAID: Readonly<Record<Ruling['verdict'], string>> = {
  allow: 'allowed',
  refuse: 'refused',
  escalate: 'put before a person',
  wait: 'waits for its window',
  end: 'ends the run',
}

/** A backtest for people: what changes, with the numbers, and what could not be said. */
export function backtestText(made: Backtest): string {
  const { agent, version, runs, judged, verdicts, changed } = made
  const head = `${agent}@${version} on ${many(runs, 'run')}: ${many(judged, 'verdict')} judged again, ${changed.length === 0 ? 'none changes' : `${changed.length} changed`}.`
  const rows = [...verdicts].sort((a, b) => b.times - a.times).map((v) => [v.then, v.now, String(v.times)])
  const parts = [head, ...(rows.length === 0 ? [] : ['', table(['then', 'now', 'times'], rows)])]
  for (const one of changed.slice(0, SHOWN)) parts.push('', ...changeLines(one))
  if (changed.length > SHOWN) parts.push('', `… and ${changed.length - SHOWN} more; --json has all`)
  return [...parts, ...unsaidLines(made)].join('\n')
}

function changeLines(one: Rejudged): string[] {
  const { runId, step, seq, at, tool, input, then, now, first } = one
  const later = first ? '' : ' (after an earlier change: the run would hardly have come here)'
  return [
    `run ${shortId(runId)}, ${step}, entry ${seq}, ${stamp(at)}${later}`,
    ...(tool === null ? [] : [`  ${tool} ${brief(input)}`]),
    `  then: ${rulingText(then)}`,
    `  now:  ${now === null ? 'unknown' : rulingText(now)}`,
  ]
}

/** One ruling: the verdict, the rule, and the numbers or the people. */
function rulingText({ verdict, rule, say, chain, numbers }: Ruling): string {
  const by = rule === null ? '' : ` by ${rule}`
  const asked = chain && chain.length > 0 ? `: ${chainText(chain.map((r) => ({ ...r })))}` : ''
  const words = say ? `: “${say}”` : ''
  if (!numbers) return `${SAID[verdict]}${by}${asked}${words}`
  const { meter, used, reserved, limit } = numbers
  const [u, r, more, most] = [used, reserved, numbers.amount, limit].map((value) => amount(meter, value))
  return `${SAID[verdict]}${by}${asked}: ${u} used and ${r} set aside of ${most}, ${more} more asked for`
}

function unsaidLines({ unknown, erased, unjudged }: Backtest): string[] {
  const lines: string[] = []
  if (erased.length > 0) {
    lines.push(`${many(erased.length, 'run')} had bodies erased: ${erased.slice(0, 5).map(shortId).join(', ')}`)
  }
  if (unknown.length > 0) {
    lines.push(`${many(unknown.length, 'proposal')} could not be judged: the journal does not hold the arguments.`)
  }
  for (const { ceiling, times } of unjudged) {
    lines.push(`The ceiling ${ceiling} was not judged (${times} times): nothing was counted there then.`)
  }
  return lines.length === 0 ? [] : ['', ...lines]
}
