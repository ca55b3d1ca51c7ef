/** One server-sent event. Without `data` it only moves the client's last id. */
export interface ServerEvent {
  readonly id: string
  readonly data?: unknown
}

/** How soon a client comes back that was cut off. */
const RETRY_MS = 2_000

export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Proxies that gather an answer before they hand it on would gather for ever.
  'x-accel-buffering': 'no',
}

/** Comments are no events: they keep the connection in use, so that one end hears when the other has gone. */
const QUIET = ': nothing new\n\n'

export function eventText({ id, data }: ServerEvent): string {
  return data === undefined ? `id: ${id}\n\n` : `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}

/**
 * An answer that goes on as long as there is more, written only as fast as the client takes it. `stop` is called when it has gone;
 * whatever breaks on this side ends the stream, and the client comes back with its last id.
 */
export function eventStream(beats: AsyncIterator<readonly ServerEvent[]>, stop: () => void): Response {
  const encoder = new TextEncoder()
  let isBegun = false
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!isBegun) {
          isBegun = true
          controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n${QUIET}`))
          return
        }
        const beat = await beats.next().catch(() => ({ done: true as const, value: undefined }))
        if (beat.done) {
          stop()
          controller.close()
          return
        }
        const isQuiet = beat.value.every(({ data }) => data === undefined)
        controller.enqueue(encoder.encode(`${beat.value.map(eventText).join('')}${isQuiet ? QUIET : ''}`))
      },
      async cancel() {
        stop()
        await beats.return?.()
      },
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: EVENT_STREAM_HEADERS })
}
