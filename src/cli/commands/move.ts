import { MidwatchError } from '../../core/errors.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import { type MoveCode, type MoveTarget, moveRun } from '../../runtime/move.js'
import type { Call } from '../call.js'
import { EXIT } from '../exit.js'
import { findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'
import { many, shortId } from '../words.js'

const LIVE = ['queued', 'running', 'waiting'] as const
const PAGE = 1_000
const SHOWN = 10

export const move: Verb = {
  usage: 'move [run]',
  says: 'Pin waiting or queued runs to another version of their agent; replay decides whether its code goes on with them.',
  options: [
    ['--to <version>', 'the version to move to'],
    ['--agent <agent>', 'every run of this agent that has not ended'],
    ['--from <version>', 'with --agent: only those of this version'],
    ['--by <name>', 'who (default: the name of this account)'],
  ],
  act: moveRuns,
}

interface Moved {
  readonly runId: string
  readonly from: number
  readonly code: MoveCode
}

async function moveRuns(call: Call): Promise<Reply> {
  const to = call.whole('to', 1)
  if (to === undefined) throw new MidwatchError('usage', 'Say which version: --to 2.')
  const ledger = await call.ledger()
  const runs = await chosen(call, ledger, to)
  const [first] = runs
  const target = first ? await targetOf(call, ledger, first.agent, to) : null
  const moved: Moved[] = []
  for (const run of target ? runs : []) {
    const code = await moveRun(ledger, run, target as MoveTarget, call.by)
    moved.push({ runId: run.runId, from: run.version, code })
  }
  const left = moved.filter(({ code }) => code !== 'ok' && code !== 'same')
  const exit = left.length > 0 ? EXIT.refused : EXIT.ok
  return { text: textOf(moved, left, to), data: { to, moved }, exit }
}

async function chosen(call: Call, ledger: Ledger, to: number): Promise<RunRow[]> {
  const agent = call.text('agent')
  if ((agent === undefined) === (call.arg(0) === '')) {
    throw new MidwatchError('usage', 'Name one run, or all those of an agent: --agent NAME.')
  }
  if (agent === undefined) return [await findRun(ledger, call.arg(0))]
  const from = call.whole('from', 1)
  const found: RunRow[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: RunRow[] = await ledger.runs({ agent, states: LIVE, after, limit: PAGE })
    found.push(...page.filter(({ version }) => version !== to && (from === undefined || version === from)))
    after = page.length < PAGE ? undefined : page.at(-1)?.runId
  }
  return found
}

/** The code of that version: from the config, else what a live worker says that it serves. Throws `usage`. */
async function targetOf(call: Call, ledger: Ledger, agent: string, version: number): Promise<MoveTarget> {
  const project = await call.projectIfAny()
  const known = project?.options.run.find(
    ({ definition }) => definition.name === agent && definition.version === version,
  )
  if (known) return { version, fingerprint: known.definition.fingerprint, definition: known.definition }
  const now = await ledger.now()
  const alive = (await ledger.workers.list()).filter((one) => one.leaseUntil > now)
  const start = `${agent}@${version}#`
  const names = alive.flatMap(({ serves }) => serves).filter((name) => name.startsWith(start) && !name.endsWith('#*'))
  const [fingerprint, other] = [...new Set(names.map((name) => name.slice(start.length)))]
  if (fingerprint !== undefined && other === undefined) return { version, fingerprint, definition: null }
  const why =
    other === undefined ? 'Neither the config nor a live worker has' : 'Live workers have several definitions of'
  throw new MidwatchError('usage', `${why} version ${version} of '${agent}'; put it into the config beside the others.`)
}

const WHY: Readonly<Record<Exclude<MoveCode, 'ok' | 'same'>, string>> = {
  held: 'a worker has it now; try again when it waits, or cancel it',
  ended: 'it has ended; midwatch redrive starts its work anew',
  unknown: 'it is gone',
  unfit: 'its input is none for that version',
}

function textOf(moved: readonly Moved[], left: readonly Moved[], to: number): string {
  if (moved.length === 0) return 'No run is there to move.'
  const done = moved.length - left.length
  const shown = left.slice(0, SHOWN).map(({ runId, code }) => `  ${shortId(runId)}: ${WHY[code as keyof typeof WHY]}`)
  const more = left.length > SHOWN ? [`  and ${left.length - SHOWN} more`] : []
  const not = left.length === 0 ? [] : [`${many(left.length, 'run')} stayed:`, ...shown, ...more]
  const next = done === 0 ? [] : ['Where its replay does not match, a run waits and midwatch ps says what to do.']
  return [`${many(done, 'run')} moved to version ${to}.`, ...not, ...next].join('\n')
}
