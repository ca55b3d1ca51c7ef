import { describe, expect, it } from 'vitest'
import { manualClock } from '../../testing/manual-clock.js'
import { watched, whileHolds } from './watched.js'

const bytes = (text: string) => new TextEncoder().encode(text)

/** A stream that has these parts and goes on, or ends behind them; what happened to it. */
function source(parts: readonly string[], ends: boolean) {
  const seen = { pulls: 0, cancelled: 0 }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts[seen.pulls]
        seen.pulls += 1
        if (part !== undefined) return controller.enqueue(bytes(part))
        return ends ? controller.close() : new Promise(() => undefined)
      },
      cancel() {
        seen.cancelled += 1
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

describe('a watched body', () => {
  it('is read to its end, no faster than it is taken, and is over once', async () => {
    const { body, seen } = source(['a', 'b'], true)
    let over = 0
    const stream = watched(body, () => {
      over += 1
    })
    expect(seen.pulls).toBe(0)
    expect(await new Response(stream.body).text()).toBe('ab')
    stream.end()
    expect([over, seen.cancelled]).toEqual([1, 0])
  })

  it('ends from this side while its reader waits', async () => {
    const { body, seen } = source(['a'], false)
    let over = 0
    const stream = watched(body, () => {
      over += 1
    })
    const reader = stream.body.getReader()
    expect((await reader.read()).value).toEqual(bytes('a'))
    const next = reader.read()
    stream.end()
    stream.end()
    expect([(await next).done, over, seen.cancelled]).toEqual([true, 1, 1])
  })

  it('lets its source go when its reader leaves', async () => {
    const { body, seen } = source(['a'], false)
    let over = 0
    const stream = watched(body, () => {
      over += 1
    })
    await stream.body.cancel()
    expect([over, seen.cancelled]).toEqual([1, 1])
  })
})

describe('what has to hold', () => {
  it('is asked every so often, and told once when it holds no more; who cannot be asked is asked again', async () => {
    const clock = manualClock()
    const answers: (boolean | Error)[] = [true, new Error('away'), true, false, false]
    let told = 0
    const holds = async () => {
      const answer = answers.shift() ?? true
      if (answer instanceof Error) throw answer
      return answer
    }
    whileHolds(holds, { clock, everyMs: 100, otherwise: () => (told += 1) })
    for (const left of [4, 3, 2]) {
      await clock.advance(100)
      expect([answers.length, told]).toEqual([left, 0])
    }
    await clock.advance(100)
    await clock.advance(1_000)
    expect([answers.length, told]).toEqual([1, 1])
  })

  it('is not asked any more once that is stopped', async () => {
    const clock = manualClock()
    let asked = 0
    const stop = whileHolds(
      async () => {
        asked += 1
        return false
      },
      { clock, everyMs: 100, otherwise: () => expect.unreachable() },
    )
    stop()
    await clock.advance(1_000)
    expect(asked).toBe(0)
  })
})
