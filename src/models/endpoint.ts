import type { ModelPort } from './port.js'

/** What provider packages keep beside what the specification names: a base URL, or a function that makes URLs. */
interface Configured {
  readonly config?: {
    readonly baseURL?: unknown
    readonly url?: unknown
  }
}

/** Where a model's requests go: scheme, host, port and path, never credentials or a query. undefined when it does not tell. */
export function endpointOf(model: ModelPort): string | undefined {
  const { config } = model as Configured
  try {
    const made = typeof config?.url === 'function' ? config.url({ path: '', modelId: model.modelId }) : config?.baseURL
    if (typeof made !== 'string') return undefined
    const { protocol, host, pathname } = new URL(made)
    return protocol.startsWith('http') ? `${protocol}//${host}${pathname}` : undefined
  } catch {
    return undefined
  }
}
