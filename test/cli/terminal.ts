import { tmpdir } from 'node:os'
import type { Io } from '../../src/cli/io.js'
import { runCli } from '../../src/cli/program.js'
import type { Ledger } from '../../src/core/ledger.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { systemClock } from '../../src/runtime/operator.js'
import type { MidwatchOptions } from '../../src/runtime.js'
import config from './desk.js'

export interface Said {
  readonly exit: number
  readonly out: string
  readonly err: string
  /** stdout as JSON; throws where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: each command has a document of its own
  readonly data: any
}

/** A place to type commands at, in this process: a ledger of its own and the desk's config, unless it is told otherwise. */
export function terminal(given: { ledger?: Ledger; options?: MidwatchOptions; over?: Partial<Io> } = {}) {
  const ledger = given.ledger ?? memoryLedger()
  const options: MidwatchOptions = { alarm: () => undefined, ...(given.options ?? config) }
  const say = async (...argv: string[]): Promise<Said> => {
    const [out, err]: [string[], string[]] = [[], []]
    const io: Io = {
      cwd: tmpdir(),
      env: {},
      user: 'ann',
      watched: false,
      clock: systemClock,
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
      stdin: async () => '',
      stopped: () => new AbortController().signal,
      given: { ledger, options },
      ...given.over,
    }
    const exit = await runCli(argv, io, '0.0.0')
    const text = out.join('')
    return {
      exit,
      out: text,
      err: err.join(''),
      get data() {
        return JSON.parse(text)
      },
    }
  }
  /** Runs the desk on a message and answers with the document. */
  const desk = async (message: string, ...more: string[]) => {
    const said = await say('run', 'desk', '--input', JSON.stringify({ message }), '--json', ...more)
    return { ...said, data: said.data, id: String(said.data.run.runId) }
  }
  return { ledger, say, desk }
}
