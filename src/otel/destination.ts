import { metrics, ProxyTracerProvider, trace } from '@opentelemetry/api'
import type { TelemetryOptions } from '../core/telemetry.js'

/** Where one signal goes: to a provider that the application has set up, to a collector, or nowhere. */
export type Destination =
  | { readonly to: 'application' }
  | { readonly to: 'otlp'; readonly url?: string; readonly headers?: Record<string, string> }
  | { readonly to: 'nowhere' }

type Signal = 'traces' | 'metrics'

/** By the options first, then by what the application has, then by the environment. */
export function destinationOf(signal: Signal, options: TelemetryOptions, env = process.env): Destination {
  const { otlp, prometheus = false } = options
  const exporter = env[`OTEL_${signal.toUpperCase()}_EXPORTER`]
  if (options[signal] === false || env.OTEL_SDK_DISABLED === 'true' || exporter === 'none') return { to: 'nowhere' }
  if (typeof otlp === 'object') {
    const url = `${otlp.url.replace(/\/+$/, '')}/v1/${signal}`
    return { to: 'otlp', url, ...(otlp.headers && { headers: { ...otlp.headers } }) }
  }
  if (otlp === true) return { to: 'otlp' }
  if (hasGlobal(signal)) return { to: 'application' }
  const named = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]
  return otlp === false || (prometheus && named === undefined) ? { to: 'nowhere' } : { to: 'otlp' }
}

/** Whether the application has set up a provider of its own. */
function hasGlobal(signal: Signal): boolean {
  if (signal === 'metrics') return !metrics.getMeterProvider().constructor.name.startsWith('Noop')
  const provider = trace.getTracerProvider()
  const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider
  return !delegate.constructor.name.startsWith('Noop')
}
