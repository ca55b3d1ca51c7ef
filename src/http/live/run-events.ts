import type { Caller } from '../../core/access.js'
import type { Entry } from '../../core/entries.js'
import type { RunRow } from '../../core/run-row.js'
import { followRun, isOver } from '../../runtime/feed/follow.js'
import { eventStream, type ServerEvent } from './event-stream.js'
import { eventOf, type Live, newInbox } from './live.js'

/**
 * The journal of a run as server-sent events: `id` is the seq. Goes on behind `Last-Event-ID`, else from the seq `from` (default
 * 1). When the run has ended and all is told, the stream ends; whoever comes back then is answered 204, and stays away.
 */
export async function runEvents(
  live: Live,
  caller: Caller,
  p: { readonly run: RunRow; readonly from: number; readonly lastEventId: string | null },
): Promise<Response> {
  const { runId } = p.run
  const from = /^\d{1,15}$/.test(p.lastEventId ?? '') ? Number(p.lastEventId) + 1 : p.from
  if (await isOver(live.ledger, runId, from)) return new Response(null, { status: 204 })
  const inbox = newInbox()
  return eventStream(told(live, caller, p.run, followRun(live, { runId, from, inbox })), inbox.end)
}

async function* told(
  live: Live,
  caller: Caller,
  run: RunRow,
  beats: AsyncGenerator<readonly Entry[]>,
): AsyncGenerator<readonly ServerEvent[]> {
  for await (const entries of beats) {
    yield await Promise.all(
      entries.map(async (entry) => ({
        id: String(entry.seq),
        data: eventOf(await live.redaction.entryFor(caller, run, entry)),
      })),
    )
  }
}
