import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type ContextManager, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'

/** The active context follows asynchronous work: what is instrumented below a tool finds the tool's span above it. */
class LocalContext implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    of: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(of, () => work.call(self as never, ...args))
  }

  bind<T>(of: Context, target: T): T {
    if (typeof target !== 'function') return target
    return ((...args: unknown[]) => this.#storage.run(of, () => target(...args))) as T
  }

  enable(): this {
    return this
  }

  disable(): this {
    return this
  }
}

/** Sets one up where the application has none. It stays: it is the process's, and costs nothing while nobody uses it. */
export function ensureContext(): void {
  const key = createContextKey('midwatch')
  const kept = context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key))
  if (kept !== true) context.setGlobalContextManager(new LocalContext())
}
