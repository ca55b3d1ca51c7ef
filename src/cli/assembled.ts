import { pathToFileURL } from 'node:url'
import { loadTelemetry } from '../otel/load.js'
import { assemble, type Midwatch, type Ports, type WorkerOptions } from '../runtime.js'
import type { Call } from './call.js'

/** The runtime of the project's config, on its store; an embedded one is made where there is none. */
export async function assembled(
  call: Call,
  worker: WorkerOptions | false,
  serving?: Ports['serving'],
): Promise<Midwatch> {
  const { options, path } = await call.project()
  const { ledger } = call.io.given ?? {}
  const at = ledger ? {} : await call.storeAt()
  const ports = {
    telemetry: loadTelemetry,
    ...(ledger && { ledger }),
    ...(path && { configModule: pathToFileURL(path).href }),
    ...(serving && { serving }),
  }
  const configured = worker && options.worker ? options.worker : {}
  return assemble({ ...options, ...at, worker: worker && { ...configured, ...worker } }, ports)
}
