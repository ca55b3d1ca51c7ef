import { agent, type Midwatch, midwatch, tool } from 'midwatch'
import { scriptedModel } from 'midwatch/testing'
import { z } from 'zod'
import { EXCHANGES, type Pulse, type Talker } from '../conversation.js'
import { nextResult } from '../result.js'

/** Input and output together, at most, in tokens. */
export const CONTEXT_TOKENS = 16_000
const SESSION = 'long-talk'

const look = tool({
  name: 'look',
  description: 'Look something up.',
  input: z.object({ n: z.number().int() }),
  effect: 'read',
  execute: async () => nextResult(),
})

export interface SessionTalker extends Talker {
  readonly mw: Midwatch
  /** The largest context that a call of any of its runs was granted, in tokens. */
  peakContext(): Promise<number>
}

/** A session of an agent through the public API: one run a message. */
export async function sessionTalker(url: string, pulse: Pulse): Promise<SessionTalker> {
  const talk = talkingAgent(pulse)
  const mw = await midwatch({ run: [talk], databaseUrl: url })
  return {
    mw,
    message: async (no) => {
      const run = await mw.send(talk, SESSION, { message: `Message ${no}` }, { key: `m${no}` })
      const { status } = await run.outcome()
      if (status !== 'completed') throw new Error(`Message ${no} of the long talk ended ${status}.`)
    },
    peakContext: async () => {
      const runs = await mw.ledger.runs({ session: SESSION, limit: 1_000 })
      return Math.max(0, ...runs.map(({ meters }) => meters.context_tokens?.used ?? 0))
    },
    close: () => mw.stop(),
  }
}

function talkingAgent(pulse: Pulse) {
  return agent({
    name: 'talker',
    version: 1,
    model: scriptedModel({
      replies: ({ messages }) => {
        pulse.beat()
        // The last message is the newest: how far it has come is told by what the tool gave since.
        const asked = messages.findLastIndex(({ role }) => role === 'user')
        const looked = messages.slice(asked).filter(({ role }) => role === 'tool').length
        if (looked < EXCHANGES) return { toolCalls: [{ name: 'look', input: { n: looked } }] }
        return { toolCalls: [{ name: 'complete', input: { said: 'done' } }] }
      },
    }),
    input: z.object({ message: z.string() }),
    outcome: z.object({ said: z.string() }),
    instructions: 'Look as often as you are told.',
    tools: [look],
    session: {
      state: z.object({ messages: z.number().int() }),
      version: 1,
      initial: { messages: 0 },
      evolve: ({ messages }) => ({ messages: messages + 1 }),
    },
    ceilings: { run: { context_tokens: CONTEXT_TOKENS, steps: 200, usd: '$100', input_tokens: 100_000_000 } },
  })
}
