import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import { readRuns, runPages } from '../../core/invariants/read.js'
import { backtest as rejudge } from '../../rehearse/past/backtest.js'
import { type Recording, recordingOf } from '../../rehearse/past/recording.js'
import { backtestText } from '../backtest-text.js'
import type { Call } from '../call.js'
import { findStartable } from '../definition.js'
import { EXIT } from '../exit.js'
import { readJson } from '../read-json.js'
import { sinceOf } from '../since.js'
import type { Reply, Verb } from '../verb.js'

export const backtest: Verb = {
  usage: 'backtest <agent> [file...]',
  says: 'Judge past runs again under the policy of now. Exit code 1 when a verdict changes.',
  options: [['--since <time>', "only runs admitted since: '24h', '7d', or a date"]],
  act: backtestAgent,
}

async function backtestAgent(call: Call): Promise<Reply> {
  const { options } = await call.project()
  const agent = findStartable(options, call.arg(0))
  const files = call.args.slice(1).filter((file) => file !== '')
  const data = await rejudge(agent, files.length > 0 ? exported(call, files) : recorded(call, agent.name))
  return { text: backtestText(data), data, exit: data.changed.length > 0 ? EXIT.changed : EXIT.ok }
}

async function* exported(call: Call, files: readonly string[]): AsyncGenerator<Recording> {
  const since = call.text('since')
  const from = since === undefined ? 0 : sinceOf(since, call.io.clock.now())
  for (const file of files) {
    const recording = recordingOf(readJson(await textOf(call, file), file), file)
    if (recording.run.createdAt >= from) yield recording
  }
}

async function textOf(call: Call, file: string): Promise<string> {
  try {
    return await readFile(resolve(call.io.cwd, file), 'utf8')
  } catch (cause) {
    throw new MidwatchError('usage', `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}

async function* recorded(call: Call, agent: string): AsyncGenerator<Recording> {
  const ledger = await call.ledger()
  const since = call.text('since')
  const from = since === undefined ? 0 : sinceOf(since, await ledger.now())
  for await (const page of runPages(ledger)) {
    for (const run of page) {
      if (run.agent !== agent || run.createdAt < from) continue
      for await (const { facts } of readRuns(ledger, { runId: run.runId })) yield facts
    }
  }
}
