import { SseClient } from '../../src/http/live/sse-client.fixture.js'

/** What a client was told, in the order in which it came. */
export interface Heard {
  readonly id: string
  readonly runId: string
  readonly seq: number
}

/** How a client behaves: one that leaves now and then, one that takes nothing for a while. */
export interface Manner {
  /** Goes away behind every so many events. */
  readonly leavesAfter?: number
  /** Takes nothing behind so many events, until that. */
  readonly rests?: { readonly after: number; readonly until: Promise<void> }
  /** Asks by this in place of the network, whose sockets hold much of what nobody takes. */
  readonly ask?: (request: Request) => Promise<Response>
}

/** A client of a stream that comes back with its last id whenever it was cut off, until it has heard enough. */
export class Follower {
  readonly heard: Heard[] = []
  /** How often it came back. */
  returns = -1

  constructor(
    private readonly url: string,
    private readonly isLast: (heard: Heard) => boolean,
    private readonly manner: Manner = {},
  ) {}

  /** Resolves when it has heard the last event, or nothing follows any more. */
  async follow(): Promise<void> {
    for (let lastEventId = ''; ; ) {
      this.returns += 1
      const headers: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId }
      const { ask = fetch } = this.manner
      const response = await ask(new Request(this.url, { headers }))
      if (response.status === 204) return
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
      const client = new SseClient(response)
      const isDone = await this.#read(client)
      await client.leave()
      if (isDone) return
      lastEventId = client.lastEventId || lastEventId
    }
  }

  async #read(client: SseClient): Promise<boolean> {
    const { leavesAfter = Number.POSITIVE_INFINITY, rests } = this.manner
    for (let n = 0; n < leavesAfter; n += 1) {
      const event = await client.next()
      if (!event) return false
      const heard = { id: event.id, runId: event.data.runId, seq: event.data.seq }
      this.heard.push(heard)
      if (this.isLast(heard)) return true
      if (this.heard.length === rests?.after) await rests.until
    }
    return false
  }
}
