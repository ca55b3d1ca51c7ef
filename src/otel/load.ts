import type { LoadTelemetry } from '../core/telemetry.js'

/** Loads telemetry when it is asked for: a process without it never pays for its packages. */
export const loadTelemetry: LoadTelemetry = async (options, observable) => {
  const { telemetry } = await import('./telemetry.js')
  return telemetry(options, observable)
}
