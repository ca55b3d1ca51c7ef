interface Exports<T> {
  export(items: T, done: (result: { readonly code: number; readonly error?: Error }) => void): void
}

/** Said again only when so much time has passed. */
const AGAIN_MS = 300_000

/** An exporter that tells when nothing arrives: without a word, telemetry that is lost looks like a quiet night. */
export function alarming<T, E extends Exports<T>>(
  exporter: E & Exports<T>,
  what: string,
  alarm: (what: string) => void,
): E {
  const send = exporter.export.bind(exporter)
  let said = Number.NEGATIVE_INFINITY
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0 && performance.now() - said > AGAIN_MS) {
        said = performance.now()
        alarm(`${what} do not reach their collector (${result.error?.message ?? 'no reason'}); runs go on without.`)
      }
      done(result)
    })
  return exporter
}
