import type { Call } from './call.js'
import type { ExitCode } from './exit.js'

/** What a command says: to a person, or the same as data. */
export interface Reply {
  readonly text: string
  /** The one JSON document of --json; its keys are stable. */
  readonly data: unknown
  /** Default 0. */
  readonly exit?: ExitCode
}

/** One command. */
export interface Verb {
  /** Name and arguments as commander reads them: `show <run>`. */
  readonly usage: string
  readonly says: string
  readonly options?: readonly (readonly [flags: string, says: string])[]
  /** Prints its reply itself where it must go on afterwards; then the reply is an exit code. */
  act(call: Call): Promise<Reply | ExitCode>
}

/** Prints a reply the way that was asked for. */
export function print(call: Call, reply: Reply): void {
  call.io.out(call.json ? `${JSON.stringify(reply.data, null, 2)}\n` : withLineEnd(reply.text))
}

const withLineEnd = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
