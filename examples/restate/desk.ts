import {
  handlers,
  type ObjectContext,
  type ObjectSharedContext,
  object,
  serde,
  TerminalError,
} from '@restatedev/restate-sdk'
import { type Advanced, type Midwatch, MidwatchError } from 'midwatch'
import { refundDesk } from '../refund-desk/agent.js'

/** A customer's message; its key is the channel's own, so that delivering it again is harmless. */
export interface Message {
  readonly key: string
  readonly text: string
}

/** What a person on duty says to one question. */
export interface Said {
  readonly id: string
  /** The run that asks. */
  readonly runId: string
  readonly decision: 'approve' | 'deny' | 'happened' | 'not_happened'
  readonly by: string
  /** What happened, as JSON text. */
  readonly result?: string
}

/** `turn`: which timer this is; a call without one comes from somebody who knows of something new. */
interface Turn {
  readonly runId: string
  readonly turn?: number
}

/** A virtual object's state: its session's runs that have not ended, and the last timer of each. */
interface Case {
  readonly open: readonly string[]
  readonly turns: Readonly<Record<string, number>>
}

export const DESK = 'desk'
const NEW: Case = { open: [], turns: {} }
/** The longest that a timer of a run lasts. */
const LOOK_MS = 60_000

/**
 * The refund desk as a virtual object, one for each session. Restate calls and keeps the timers; the ledger decides what may
 * happen. So each handler may be run again from any point, and a call too many finds the run held, waiting or ended.
 */
export function deskOf(mw: Midwatch, tenant: string) {
  return object({
    name: DESK,
    handlers: {
      /** Accepts a message; gives the id of its run. */
      message: async (ctx: ObjectContext, { key, text }: Message): Promise<string> => {
        const runId = await ctx.run('start', async () => {
          const run = await mw
            .start(refundDesk, { input: { message: text }, key, session: ctx.key, tenant })
            .catch(terminal)
          return run.id
        })
        const known = (await ctx.get<Case>('case')) ?? NEW
        if (!known.open.includes(runId)) ctx.set<Case>('case', { ...known, open: [...known.open, runId] })
        look(ctx, { runId })
        return runId
      },

      /** Works a run as far as it goes, and sets the timer that it asks for. */
      work: async (ctx: ObjectContext, { runId, turn }: Turn): Promise<Advanced['status'] | 'stale'> => {
        const { open, turns } = (await ctx.get<Case>('case')) ?? NEW
        const now = turns[runId] ?? 0
        if (turn !== undefined && turn !== now) return 'stale'
        const { status, again } = await ctx.run('advance', () => mw.advance(runId).catch(terminal))
        if (again === 'never') {
          const left = open.filter((one) => one !== runId)
          ctx.set<Case>('case', { open: left, turns: without(turns, runId) })
          // Its end may have given the next message its turn.
          if (left[0] !== undefined) look(ctx, { runId: left[0] })
          return status
        }
        ctx.set<Case>('case', { open, turns: { ...turns, [runId]: now + 1 } })
        look(ctx, { runId, turn: now + 1 }, again === 'when_told' ? LOOK_MS : Math.min(again.inMs, LOOK_MS))
        return status
      },

      /** A person's answer, and a look at the run that waits for it. Shared: it does not queue behind `work`. */
      answer: handlers.object.shared(async (ctx: ObjectSharedContext, said: Said): Promise<string> => {
        const { runId, ...answer } = said
        const { code } = await ctx.run('answer', () => mw.ledger.answer(answer))
        look(ctx, { runId })
        return code
      }),
    },
  })
}

/** A message to this very object, which Restate delivers; with a delay it is a timer that outlives both of us. */
function look(ctx: ObjectContext | ObjectSharedContext, parameter: Turn, delay = 0): void {
  ctx.genericSend({ service: DESK, method: 'work', key: ctx.key, parameter, inputSerde: serde.json, delay })
}

/** What no further try would change is not tried again. */
function terminal(error: unknown): never {
  if (error instanceof MidwatchError && !error.retryable) throw new TerminalError(error.message)
  throw error
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
}
