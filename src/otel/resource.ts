import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { SERVICE_NAME } from './conventions.js'

/** What all that is told is of: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` hold, the option before them. */
export function resourceOf(serviceName: string | undefined): Resource {
  const named = (name: string) => resourceFromAttributes({ [SERVICE_NAME]: name })
  const found = defaultResource()
    .merge(named('midwatch'))
    .merge(detectResources({ detectors: [envDetector] }))
  return serviceName === undefined ? found : found.merge(named(serviceName))
}
