import { MidwatchError } from '../../core/errors.js'
import type { WorkerOptions } from '../../runtime.js'
import type { Call } from '../call.js'
import { PORT_OPTIONS, serve } from '../serve.js'
import type { Verb } from '../verb.js'

export const worker: Verb = {
  usage: 'worker',
  says: 'Work runs until Ctrl-C, beside other workers.',
  options: [
    ['--name <name>', 'how it is called in journals (default: host and process)'],
    ['--concurrency <number>', 'runs at once (default 64)'],
    ['--per-tenant <number>', 'of them at most for one tenant (default: all)'],
    ['--queue <queue...>', 'queues to look into (default: default, and those of the agents and flows of the config)'],
    ...PORT_OPTIONS,
  ],
  act: (call) => serve(call, optionsOf(call)),
}

function optionsOf(call: Call): WorkerOptions {
  const [name, many] = [call.text('name'), call.text('concurrency')]
  const concurrency = Number(many)
  if (many !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw new MidwatchError('usage', '--concurrency is a whole number from 1.')
  }
  const perTenant = call.whole('perTenant', 1)
  const queues = call.texts('queue')
  return {
    ...(name !== undefined && { name }),
    ...(many !== undefined && { concurrency }),
    ...(perTenant !== undefined && { perTenant }),
    ...(queues.length > 0 && { queues }),
  }
}
