import type { Clock } from '../../core/time.js'

/** A body that goes on until it is over, its reader leaves, or it is ended from this side. */
export interface Watched {
  readonly body: ReadableStream<Uint8Array>
  /** Its reader hears an end, and comes again. */
  end(): void
}

/** `over` is called once, however it ended. It is read only as fast as its reader takes it. */
export function watched(source: ReadableStream<Uint8Array>, over: () => void): Watched {
  const reader = source.getReader()
  let isOver = false
  let close: () => void = () => undefined
  const finish = () => {
    if (!isOver) over()
    isOver = true
  }
  const end = () => {
    if (isOver) return
    finish()
    reader.cancel().catch(() => undefined)
    close()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        close = () => controller.close()
      },
      async pull(controller) {
        const read = await reader.read().catch(() => ({ done: true as const, value: undefined }))
        if (isOver) return
        if (!read.done) return controller.enqueue(read.value)
        finish()
        controller.close()
      },
      async cancel() {
        finish()
        await reader.cancel()
      },
    },
    { highWaterMark: 0 },
  )
  return { body, end }
}

/** Asks every so often whether something still holds, and calls `otherwise` once when it does not; give back what stops it. */
export function whileHolds(
  holds: () => Promise<boolean>,
  p: { readonly clock: Pick<Clock, 'timer'>; readonly everyMs: number; readonly otherwise: () => void },
): () => void {
  let isOver = false
  let stopTimer: () => void = () => undefined
  const look = async () => {
    // Who cannot be asked now is asked again.
    const still = await holds().catch(() => true)
    if (isOver) return
    if (still) next()
    else p.otherwise()
  }
  const next = () => {
    stopTimer = p.clock.timer(p.everyMs, () => void look())
  }
  next()
  return () => {
    isOver = true
    stopTimer()
  }
}
