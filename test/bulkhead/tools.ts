import { tool } from 'midwatch'
import { z } from 'zod'

const nothing = z.object({})
/** What a bad tool is given; it is killed then. */
export const BOUND_MS = 6_000
const once = { input: nothing, effect: 'once', timeout: `${BOUND_MS}ms`, module: import.meta.url } as const

/** Never gives its event loop back. */
export const hangs = tool({
  ...once,
  name: 'hangs',
  description: 'Computes for ever.',
  execute: () => {
    for (;;) Math.hypot(3, 4)
  },
})

/** Keeps all it ever made: some 50 MB a second, until it is stopped or dies of it. */
export const leaks = tool({
  ...once,
  name: 'leaks',
  description: 'Keeps everything.',
  execute: async () => {
    const kept: number[][] = []
    for (;;) {
      kept.push(new Array<number>(1e6).fill(kept.length))
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  },
})

/** Answers after a minute. */
export const dawdles = tool({
  ...once,
  name: 'dawdles',
  description: 'Takes a minute.',
  execute: () => new Promise<string>((resolve) => setTimeout(() => resolve('at last'), 60_000)),
})
