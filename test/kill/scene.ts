import { z } from 'zod'
import type { EffectClass } from '../../src/core/states.js'
import { agent } from '../../src/orchestrator/agent.js'
import { flow } from '../../src/orchestrator/flow.js'
import { scriptedModel } from '../../src/testing/index.js'
import { type AnyTool, type Call, tool } from '../../src/tools/tool.js'

/** What a worker process tells of its tools' calls. */
export interface Told {
  readonly what: 'begun' | 'aborted'
  /** By the machine's clock, ms since the epoch. */
  readonly at: number
}

/** Who hears it; a worker process puts its parent here. */
export const ear: { hear: (told: Told) => void } = { hear: () => undefined }

const input = z.object({ no: z.number() })

/** Hangs until its signal is aborted. */
function hang(_input: unknown, { signal }: Call): Promise<{ never: true }> {
  ear.hear({ what: 'begun', at: Date.now() })
  return new Promise((_, reject) => {
    const abort = () => {
      ear.hear({ what: 'aborted', at: Date.now() })
      reject(signal.reason)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

const shared = { description: 'Hangs.', input, timeout: '60s', execute: hang } as const
const read = tool({ ...shared, name: 'hang_read', effect: 'read' })
const TOOLS: Readonly<Record<EffectClass, AnyTool>> = {
  read,
  keyed: tool({ ...shared, name: 'hang_keyed', effect: 'keyed', keyRemembered: '1h' }),
  checked: tool({ ...shared, name: 'hang_checked', effect: 'checked', check: async () => ({ did: 'not_happen' }) }),
  once: tool({ ...shared, name: 'hang_once', effect: 'once', isolate: 'none' }),
}

const quick = tool({ name: 'quick', description: 'Is done at once.', input, effect: 'read', execute: async () => 1 })

const busy = { steps: 2_000, tool_calls: 2_000, attempts: 2_000 } as const

/** `busy` begins step after step; the others hang in a call of their class. */
export const worker = flow({
  name: 'kill-worker',
  version: 1,
  input: z.object({ no: z.number(), sort: z.enum(['busy', 'read', 'keyed', 'checked', 'once']) }),
  ceilings: { run: busy },
  run: async (ctx, { no, sort }) => {
    if (sort !== 'busy') return ctx.tool(TOOLS[sort] as typeof read, { no })
    for (;;) await ctx.tool(quick, { no })
  },
})

/** Waits for a model that never answers. */
export const thinker = agent({
  name: 'kill-thinker',
  version: 1,
  model: scriptedModel({ replies: () => ({ fault: 'timeout' }) }),
  input,
  outcome: z.object({}),
  instructions: 'Think.',
  tools: [],
})

export const SERVED = [worker, thinker] as const
