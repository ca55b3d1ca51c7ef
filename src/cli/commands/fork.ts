import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { readRuns } from '../../core/invariants/read.js'
import { type Forked, fork as goOn } from '../../rehearse/past/fork.js'
import { type Recording, recordingOf } from '../../rehearse/past/recording.js'
import { stepsOf } from '../../rehearse/past/steps.js'
import type { PersonSays } from '../../rehearse/scenario.js'
import type { Call } from '../call.js'
import { findStartable } from '../definition.js'
import { EXIT, EXIT_OF_OUTCOME, type ExitCode } from '../exit.js'
import { findRun } from '../find-run.js'
import { forkText, stepsText } from '../fork-text.js'
import { readJson } from '../read-json.js'
import type { Reply, Verb } from '../verb.js'

export const fork: Verb = {
  usage: 'fork <run-or-file>',
  says: 'Go on from a step of a recorded run with the code of now, on stand-ins; without --from, list its steps.',
  options: [
    ['--from <step>', 'a number or a name from the list of steps'],
    ['--agent <agent>', 'another agent or version of the config'],
    ['--model <which>', "'recorded' (default): what it said then · 'agent': the agent's own, called for real"],
    ['--people <say>', "what the recording does not answer: 'approve', 'deny' or 'nobody' (default: stop there)"],
  ],
  act: forkRun,
}

async function forkRun(call: Call): Promise<Reply> {
  const recording = await recordingFor(call)
  const from = call.text('from')
  if (from === undefined) {
    const steps = stepsOf(recording.entries)
    return { text: stepsText(recording, steps), data: { runId: recording.run.runId, steps } }
  }
  const { options } = await call.project()
  const { agent, version } = recording.run
  const named = call.text('agent') ?? agent
  const startable = findStartable(options, named)
  const model = oneOf(call, 'model', ['recorded', 'agent']) ?? 'recorded'
  const people = oneOf(call, 'people', ['approve', 'deny', 'nobody'])
  const prices = options.prices ? { prices: options.prices } : {}
  const made = await goOn(startable, recording, {
    from,
    model,
    ...(people ? { people: () => saying(people, call.by) } : {}),
    ...prices,
  })
  return { text: forkText(made, version), data: made, exit: exitOf(made) }
}

/** A file where there is one of that name, else a run of the ledger. */
async function recordingFor(call: Call): Promise<Recording> {
  const named = call.arg(0)
  const file = resolve(call.io.cwd, named)
  if (existsSync(file)) return recordingOf(readJson(await readFile(file, 'utf8'), named), named)
  const ledger = await call.ledger()
  const { runId } = await findRun(ledger, named)
  for await (const { facts } of readRuns(ledger, { runId })) return facts
  throw new MidwatchError('unknown_run', `There is no run '${named}'.`)
}

function oneOf<const T extends string>(call: Call, option: string, known: readonly T[]): T | undefined {
  const given = call.text(option)
  const found = known.find((one) => one === given)
  if (given === undefined || found !== undefined) return found
  throw new MidwatchError('usage', `--${option} '${given}' is none of ${known.join(', ')}.`)
}

/** Doubts and questions have no such answer: nobody gives one. */
function saying(people: 'approve' | 'deny' | 'nobody', by: string): PersonSays | null {
  return people === 'nobody' ? null : { decision: people, by }
}

function exitOf({ outcome, waits }: Forked): ExitCode {
  if (outcome) return EXIT_OF_OUTCOME[outcome.status]
  return waits?.startsWith('mismatch:') ? EXIT.failed : EXIT.waiting
}
