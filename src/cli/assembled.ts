import { pathToFileURL } from 'node:url'
import { loadTelemetry } from '../otel/load.js'
import { assemble, type Midwatch, type Ports, type WorkerOptions } from '../runtime.js'
import type { Call } from './call.js'

/** Whoever answers HTTP answers `/metrics` as well, unless the config says what is measured. */
const METRICS_ALONE = { prometheus: true, traces: false, otlp: false } as const

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
  const { otel = call.text('port') === undefined ? undefined : METRICS_ALONE } = options
  const configured = worker && options.worker ? options.worker : {}
  const given = { ...options, ...at, ...(otel && { otel }) }
  return assemble({ ...given, worker: worker && { ...configured, ...worker } }, ports)
}
