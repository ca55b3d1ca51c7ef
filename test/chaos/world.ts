import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What tools ask of the world. look: was this done? Whoever looks is the newest: older fences act no more under the key. */
export interface Asked {
  readonly what: 'act' | 'look'
  readonly tool: string
  readonly key: string
  readonly fence: number
  /** Whether the provider knows its keys, and answers a repeat by what it did. */
  readonly remembers?: boolean
}

export interface Answered {
  readonly did: boolean
  readonly stale: boolean
}

/**
 * The outside: a provider behind HTTP with an execution journal of its own, in the process of the judge, which nobody kills. It
 * refuses a fence that is older than one it has seen for the same key, as any receiver can.
 */
export class World {
  /** Acts in their order, by `tool key`. */
  readonly acts: string[] = []
  /** Repeats that were recognised by their key, and acts of workers that had lost their run. */
  repeated = 0
  stale = 0
  readonly #done = new Set<string>()
  readonly #fences = new Map<string, number>()

  private constructor(private readonly server: Server) {}

  static async open(): Promise<World> {
    const server = createServer()
    const world = new World(server)
    server.on('request', (request, answer) => void world.#serve(request, answer))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return world
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  ask({ what, tool, key, fence, remembers = false }: Asked): Answered {
    const name = `${tool} ${key}`
    const newest = this.#fences.get(name) ?? 0
    this.#fences.set(name, Math.max(newest, fence))
    const did = this.#done.has(name)
    if (what === 'look') return { did, stale: false }
    if (fence < newest) {
      this.stale += 1
      return { did, stale: true }
    }
    if (did && remembers) this.repeated += 1
    else this.acts.push(name)
    this.#done.add(name)
    return { did: true, stale: false }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  /** Done as soon as it is asked; the answer takes its time, and may find nobody. */
  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const said = this.ask(JSON.parse(Buffer.concat(parts).toString('utf8')) as Asked)
    setTimeout(() => answer.end(JSON.stringify(said)), 10 + 150 * Math.random())
  }
}
