import { userInfo } from 'node:os'
import type { Ledger } from '../core/ledger.js'

import type { Clock } from '../core/time.js'
import { systemClock } from '../runtime/operator.js'
import type { MidwatchOptions } from '../runtime.js'

/** What shells expect of a process that Ctrl-C ended. */
const AT_ONCE = 130

/** The world of a command, as a port: tests give their own. */
export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Who answers and stops things, unless --by says otherwise. */
  readonly user: string
  /** Whether somebody watches stderr: only then is progress shown that later lines make void. */
  readonly watched: boolean
  readonly clock: Clock
  out(text: string): void
  err(text: string): void
  stdin(): Promise<string>
  /** Aborted by Ctrl-C or a request to terminate. Asking for it takes over those signals. */
  stopped(): AbortSignal
  /** A ledger and options that stand already, in place of those that config and environment name. */
  readonly given?: { readonly ledger?: Ledger; readonly options?: MidwatchOptions }
}

export function systemIo(): Io {
  return {
    cwd: process.cwd(),
    env: process.env,
    user: userName(),
    watched: process.stderr.isTTY === true,
    clock: systemClock,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: readAll,
    stopped,
  }
}

/** Containers may run under a number that no account has. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'operator'
  }
}

async function readAll(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString('utf8')
}

/**
 * The listeners stay: whoever else leaves at a signal (the embedded server does) must see that this process ends in its own
 * order. The second signal ends it at once.
 */
function stopped(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(AT_ONCE)
      stop.abort(signal)
    })
  }
  return stop.signal
}
