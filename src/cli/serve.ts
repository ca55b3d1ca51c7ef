import { MidwatchError } from '../core/errors.js'
import { mayListen } from '../http/access/may-listen.js'
import type { ApiOptions, WithHttp } from '../http/options.js'
import type { Listening } from '../http/server.js'
import type { Midwatch, WorkerOptions } from '../runtime.js'
import { assembled } from './assembled.js'
import type { Call, StoreAt } from './call.js'
import { EXIT, type ExitCode } from './exit.js'
import { print } from './verb.js'

export const HOST = '127.0.0.1'

export const PORT_OPTIONS = [
  ['--port <number>', 'answer the HTTP API there, 0 for any that is free (default: none)'],
  ['--host <address>', `listen on another address than ${HOST}, for callers with tokens`],
] as const

/** Works runs until a signal comes; then takes no request and begins nothing more, and settles what is under way. */
export async function serve(call: Call, worker: WorkerOptions): Promise<ExitCode> {
  const at = addressIn(call)
  const http = at === null ? {} : await httpOf(call, at)
  const stop = call.io.stopped()
  const mw = await assembled(call, worker)
  let server: Listening | null = null
  try {
    server = at && (await listening(mw, http, at))
    const serves = mw.definitions.map(({ name, version }) => `${name}@${version}`)
    const where = await call.storeAt()
    const works = `Works ${serves.join(', ') || 'nothing: the config runs no agent'}, on ${storeText(where)}.`
    const answers = server ? [`Answers HTTP at ${server.url}/v1 (${server.url}/openapi.json tells of it).`] : []
    const text = [works, ...answers, 'Ctrl-C stops it: nothing more begins, what is under way is settled.'].join('\n')
    const url = server?.url ?? null
    print(call, {
      text,
      data: { ready: true, serves, store: 'home' in where ? 'embedded' : 'database', pid: process.pid, url },
    })
    await aborted(stop)
    call.io.err('Stopping.\n')
  } finally {
    await server?.close()
    await mw.stop()
  }
  return EXIT.ok
}

/** Where the ledger is, for a person. */
export const storeText = (at: StoreAt): string =>
  'databaseUrl' in at ? 'the database of DATABASE_URL or config' : `the embedded PostgreSQL in ${at.home}`

/** Where the API is to be answered; null where no port is named. Throws `usage`. */
function addressIn(call: Call): { host: string; port: number } | null {
  const [port, host] = [call.port(), call.text('host')]
  if (port === undefined) {
    if (host === undefined) return null
    throw new MidwatchError('usage', '--host goes with --port.')
  }
  return { host: host ?? HOST, port }
}

/** Loaded for those alone who ask for it: other commands need not wait for its parts. */
export async function listening(
  mw: Midwatch,
  http: ApiOptions,
  at: { host: string; port: number },
): Promise<Listening> {
  const [{ api }, { listen }] = await Promise.all([import('../http/app.js'), import('../http/server.js')])
  return listen(api(mw, http), at)
}

/** The config's options of the API. Throws `usage` where everybody would be let in from outside of this machine. */
async function httpOf(call: Call, { host }: { readonly host: string }): Promise<ApiOptions> {
  const { http = {} } = (await call.project()).options as WithHttp
  if (mayListen(host, http.access ?? 'tokens')) return http
  const how = "http: { access: 'tokens' } in the config, and midwatch token create"
  throw new MidwatchError('usage', `--host ${host} lets others in, and this API is open to everybody; first ${how}.`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
