import { MidwatchError } from '../../core/errors.js'
import { PRIORITIES } from '../../core/queues.js'
import type { BusyPolicy } from '../../core/sessions.js'
import { runView } from '../../runtime/run-view.js'
import type { SendOptions } from '../../runtime.js'
import { assembled } from '../assembled.js'
import type { Call } from '../call.js'
import { findStartable } from '../definition.js'
import { readJson } from '../read-json.js'
import type { Reply, Verb } from '../verb.js'
import { shortId } from '../words.js'

const POLICIES: readonly BusyPolicy[] = ['queue', 'steer', 'replace', 'refuse']

export const send: Verb = {
  usage: 'send <agent> <session>',
  says: 'Send a message to a session; workers of the agent take it from there.',
  options: [
    ['--input <json>', "the message; '-' reads it from stdin"],
    ['--key <key>', 'your own key: sent again under it, it is the same message'],
    ['--sequence <number>', 'its number, where messages of the session are numbered'],
    ['--while-busy <policy>', `when another is being worked: ${POLICIES.join(', ')} (default: as the agent says)`],
    ['--tenant <tenant>', 'for whom (default: default)'],
    ['--principal <principal>', 'on whose behalf'],
    ['--priority <priority>', `${PRIORITIES.join(', ')} (default: as the agent says)`],
  ],
  act: sendMessage,
}

async function sendMessage(call: Call): Promise<Reply> {
  const [text, key] = [call.text('input'), call.text('key')]
  if (text === undefined || key === undefined)
    throw new MidwatchError('usage', 'send needs --input JSON and --key KEY.')
  const input = readJson(text === '-' ? await call.io.stdin() : text, '--input')
  const options = optionsOf(call, key)
  const startable = findStartable((await call.project()).options, call.arg(0))
  const mw = await assembled(call, false)
  try {
    const { id } = await mw.send(startable, call.arg(1), input as never, options)
    const run = await mw.ledger.run({ runId: id })
    const place = `message ${run?.sessionNo} of session ${call.arg(1)}`
    return { text: `Accepted as ${place}: run ${shortId(id)}, ${run?.state}.`, data: { run: run && runView(run) } }
  } finally {
    await mw.stop()
  }
}

function optionsOf(call: Call, key: string): SendOptions {
  const policy = call.text('whileBusy')
  const whileBusy = POLICIES.find((one) => one === policy)
  if (policy !== undefined && !whileBusy)
    throw new MidwatchError('usage', `--while-busy '${policy}': use ${POLICIES.join(', ')}.`)
  const level = call.text('priority')
  const priority = PRIORITIES.find((one) => one === level)
  if (level !== undefined && !priority)
    throw new MidwatchError('usage', `--priority '${level}': use ${PRIORITIES.join(', ')}.`)
  const [tenant, principal, sequence] = [call.text('tenant'), call.text('principal'), call.whole('sequence', 1)]
  return {
    key,
    ...(whileBusy && { whileBusy }),
    ...(priority && { priority }),
    ...(sequence !== undefined && { sequence }),
    ...(tenant && { tenant }),
    ...(principal && { principal }),
  }
}
