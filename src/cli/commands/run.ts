import { MidwatchError } from '../../core/errors.js'
import type { JsonValue } from '../../core/json.js'
import { PRIORITIES } from '../../core/queues.js'
import type { RunRow } from '../../core/run-row.js'
import { runView } from '../../runtime/run-view.js'
import type { Midwatch, StartOptions } from '../../runtime.js'
import { adviceFor } from '../advice.js'
import { assembled } from '../assembled.js'
import type { Call } from '../call.js'
import { findStartable } from '../definition.js'
import { outcomeText } from '../entry-line.js'
import { EXIT, EXIT_OF_OUTCOME } from '../exit.js'
import { Progress } from '../progress.js'
import { readJson } from '../read-json.js'
import type { Reply, Verb } from '../verb.js'
import { shortId } from '../words.js'
import { workThrough } from '../work-through.js'

export const run: Verb = {
  usage: 'run <agent>',
  says: 'Run an agent or flow of the config to its outcome, here and now.',
  options: [
    ['--input <json>', "its input; '-' reads it from stdin"],
    ['--key <key>', 'your own key: the same key with the same input is the same run'],
    ['--session <session>', 'the conversation or case it belongs to'],
    ['--tenant <tenant>', 'for whom (default: default)'],
    ['--principal <principal>', 'on whose behalf'],
    ['--priority <priority>', `${PRIORITIES.join(', ')} (default: as the agent says)`],
  ],
  act: runAgent,
}

async function runAgent(call: Call): Promise<Reply> {
  const input = await inputOf(call)
  const { options } = await call.project()
  const startable = findStartable(options, call.arg(0))
  const stop = call.io.stopped()
  const mw = await assembled(call, { claims: false })
  try {
    const { id } = await mw.start(startable, { input, ...startOptions(call) } as StartOptions<never>)
    call.io.err(`run ${id}\n`)
    const progress = new Progress(mw.ledger, id, (line) => call.io.err(`${line}\n`))
    const left = await workThrough(mw, id, { progress, stop, clock: call.io.clock })
    return left.state === 'ended' ? await ended(mw, left) : await waiting(mw, left)
  } finally {
    await mw.stop()
  }
}

async function inputOf(call: Call): Promise<JsonValue> {
  const text = call.text('input')
  if (text === undefined) throw new MidwatchError('usage', `run needs --input, such as --input '{"message":"…"}'.`)
  return readJson(text === '-' ? await call.io.stdin() : text, '--input')
}

function startOptions(call: Call): Omit<StartOptions<never>, 'input'> {
  const given = ['key', 'session', 'tenant', 'principal', 'priority'].map((name) => [name, call.text(name)] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

async function ended(mw: Midwatch, row: RunRow): Promise<Reply> {
  const outcome = await mw.run(row.runId).outcome()
  const text = `${outcomeText(outcome as unknown as JsonValue)}\nwhy: midwatch why ${shortId(row.runId)}`
  return { text, data: { run: runView(row), outcome, escalations: [] }, exit: EXIT_OF_OUTCOME[outcome.status] }
}

async function waiting(mw: Midwatch, row: RunRow): Promise<Reply> {
  const escalations = await mw.ledger.escalations({ state: 'open', runId: row.runId })
  const data = { run: runView(row), outcome: null, escalations }
  return { text: adviceFor(row, escalations, await mw.ledger.now()), data, exit: EXIT.waiting }
}
