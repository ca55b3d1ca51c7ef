import type { Call } from '../call.js'
import { Dev } from '../dev/dev.js'
import { EXIT, type ExitCode } from '../exit.js'
import { print, type Verb } from '../verb.js'

const PORT = 4700

export const dev: Verb = {
  usage: 'dev',
  says: 'Work runs, and start anew when a file of the project is saved. Runs that wait are adopted where they fit.',
  options: [['--port <number>', `answer the HTTP API there on loopback, 0 for any that is free (default ${PORT})`]],
  act: develop,
}

async function develop(call: Call): Promise<ExitCode> {
  const stop = call.io.stopped()
  const order = { config: call.text('config') ?? null, port: call.port() ?? PORT }
  let told = false
  const ready = (text: string, data: unknown) => {
    if (told) return call.io.err(`${text.split('\n')[0]}\n`)
    told = true
    const advice = 'Save a file, and the new code takes over. Ctrl-C ends it all.'
    print(call, { text: `${text}\n${advice}`, data })
  }
  await new Dev({ io: call.io, order, stop, ready }).run()
  return EXIT.ok
}
