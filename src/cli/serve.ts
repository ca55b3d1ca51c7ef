import type { WorkerOptions } from '../runtime.js'
import { assembled } from './assembled.js'
import type { Call, StoreAt } from './call.js'
import { EXIT, type ExitCode } from './exit.js'
import { print } from './verb.js'

/** Works runs until a signal comes; then begins nothing more, and settles what is under way. */
export async function serve(call: Call, worker: WorkerOptions): Promise<ExitCode> {
  const stop = call.io.stopped()
  const mw = await assembled(call, worker)
  try {
    const serves = mw.definitions.map(({ name, version }) => `${name}@${version}`)
    const where = await call.storeAt()
    const text = `Works ${serves.join(', ') || 'nothing: the config runs no agent'}, on ${storeText(where)}.\nCtrl-C stops it: nothing more begins, what is under way is settled.`
    print(call, {
      text,
      data: { ready: true, serves, store: 'home' in where ? 'embedded' : 'database', pid: process.pid },
    })
    await aborted(stop)
    call.io.err('Stopping.\n')
  } finally {
    await mw.stop()
  }
  return EXIT.ok
}

/** Where the ledger is, for a person. */
export const storeText = (at: StoreAt): string =>
  'databaseUrl' in at ? 'the database of DATABASE_URL or config' : `the embedded PostgreSQL in ${at.home}`

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
