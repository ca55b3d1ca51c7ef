import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { type MetricData, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics'

/** What Prometheus wants at the end of a name, by the unit. */
const SUFFIXES: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes', ratio: 'ratio', usd: 'dollars' }

/** Metrics as text, when they are asked for. */
export class PrometheusText extends MetricReader {
  // Scopes are left out: all metrics are of this one. What they are of stands in target_info.
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true)

  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return this.#serializer.serialize(withUnits(resourceMetrics))
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

function withUnits({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withUnit) })),
  }
}

/** `midwatch.step.duration` in seconds is `midwatch_step_duration_seconds`; a unit in braces or `1` adds nothing. */
function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric
  const suffix = SUFFIXES[descriptor.unit]
  const name = suffix === undefined ? descriptor.name : `${descriptor.name}.${suffix}`
  return { ...metric, descriptor: { ...descriptor, name, unit: '' } } as MetricData
}
