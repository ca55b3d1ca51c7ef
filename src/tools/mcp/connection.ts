import type { Client, Transport } from '@modelcontextprotocol/client'
import { LIMITS } from '../../core/limits.js'
import { httpTransport } from './http-transport.js'
import { type Listed, pinOf, type ToolPin } from './pin.js'
import { type KnownServer, withSecrets } from './server.js'
import { cleanEnvironment, StdioTransport } from './stdio-transport.js'

export interface ConnectionPorts {
  readonly secret: (name: string) => Promise<string>
  /** What an operator should know: a server that ended, or does not answer. */
  readonly alarm: (what: string) => void
  /** Takes secrets out of what a server printed. */
  readonly conceal: (text: string) => string
}

/** A server that was reached: whom to ask, and what it says of its tools now. */
export interface Live {
  readonly client: Client
  readonly tools: ReadonlyMap<string, LiveTool>
}

export interface LiveTool {
  readonly pin: ToolPin
  /** As the client needs it for a call; without its output schema, which is checked elsewhere. */
  readonly listed: Listed
}

/** Thrown where a server cannot be reached: nothing was sent to it. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  constructor(
    message: string,
    readonly retryAfterMs: number,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

type Mcp = typeof import('@modelcontextprotocol/client')

interface Up extends Live {
  readonly transport: Transport
  readonly since: number
  tools: ReadonlyMap<string, LiveTool>
  /** Set while its list is read again. */
  relisting: Promise<void> | null
}

/** One server, for all of this process: started at its first use, started again after it fell, ever later while it keeps falling. */
export class McpConnection {
  #up: Up | null = null
  #starting: Promise<Up> | null = null
  #seen: Up['tools'] | null = null
  /** What it speaks, once that is known: then nobody asks again. */
  #era: 'auto' | 'legacy' = 'auto'
  #falls = 0
  #notBefore = 0
  #closed = false
  #calls = 0

  constructor(
    readonly server: KnownServer,
    readonly ports: ConnectionPorts,
  ) {}

  /** The server and its tools as they are now. Throws `Unreachable`. */
  async open(): Promise<Live> {
    if (this.#closed) throw new Unreachable('The runtime has stopped.', 0)
    const up = this.#up ?? (await this.#started())
    await up.relisting
    return up
  }

  /** True while it is to be left alone for a while, because it fell again and again. */
  get falling(): boolean {
    return this.#up === null && performance.now() < this.#notBefore
  }

  #started(): Promise<Up> {
    this.#starting ??= this.#startInTime().finally(() => {
      this.#starting = null
    })
    return this.#starting
  }

  /** Whoever waits for it gives up at a bound of their own. */
  async #startInTime(): Promise<Up> {
    const waitMs = this.#notBefore - performance.now()
    if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs).unref())
    if (this.#closed) throw new Unreachable('The runtime has stopped.', 0)
    return this.#start()
  }

  async #start(): Promise<Up> {
    const mcp = await import('@modelcontextprotocol/client')
    try {
      return await this.#connected(mcp).catch((error) => {
        // Some servers of before end at a word that they do not know.
        if (this.server.kind === 'http' || this.#era === 'legacy') throw error
        this.#era = 'legacy'
        return this.#connected(mcp)
      })
    } catch (cause) {
      this.#era = 'auto'
      const why = this.ports.conceal(cause instanceof Error ? cause.message : String(cause))
      const retryAfterMs = this.#later()
      this.ports.alarm(`The MCP server '${this.server.name}' cannot be reached: ${why}.`)
      throw new Unreachable(why, retryAfterMs, { cause })
    }
  }

  async #connected(mcp: Mcp): Promise<Up> {
    const transport = await this.#transport(mcp)
    const client = new mcp.Client(CLIENT, {
      // A server may not start model calls on our budget, nor ask people, nor look at our files.
      capabilities: {},
      inputRequired: { autoFulfill: false },
      versionNegotiation: { mode: this.#era, probe: { timeoutMs: PROBE_MS } },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => this.#relist() } },
    })
    try {
      const signal = AbortSignal.timeout(LIMITS.mcp_start_ms)
      await client.connect(transport, { signal, timeout: LIMITS.mcp_start_ms })
      if (client.getProtocolEra() === 'legacy') this.#era = 'legacy'
      const tools = await listed(client, signal)
      const up: Up = { client, transport, since: performance.now(), tools, relisting: null }
      client.onclose = () => this.#fell(up)
      if (this.#closed || client.transport === undefined) throw new Error('It ended at once.')
      this.#up = up
      this.#seen = tools
      return up
    } catch (cause) {
      await transport.close().catch(() => undefined)
      if (!(transport instanceof StdioTransport) || transport.why === CLOSED) throw cause
      throw new Error(`${cause instanceof Error ? cause.message : String(cause)} (${transport.why})`, { cause })
    }
  }

  async #transport(mcp: Mcp): Promise<Transport> {
    const { server, ports } = this
    if (server.kind === 'http') {
      return httpTransport(mcp, server.url, await withSecrets(server.headers ?? {}, ports.secret))
    }
    const env = cleanEnvironment(await withSecrets(server.env ?? {}, ports.secret))
    const { command, args, cwd, name } = server
    const log = (line: string) => process.stderr.write(`[mcp ${name}] ${ports.conceal(line)}\n`)
    return new StdioTransport({ command, args, env, cwd }, { log })
  }

  /** How long to wait before the next start, ms: not at all after the first fall, ever longer after those that follow soon. */
  #later(): number {
    this.#falls += 1
    const longer = LIMITS.mcp_restart_ms * 2 ** (this.#falls - 2)
    const waitMs = this.#falls === 1 ? 0 : Math.min(longer, LIMITS.mcp_restart_most_ms)
    this.#notBefore = performance.now() + waitMs
    return waitMs
  }

  #fell(up: Up): void {
    if (this.#up !== up) return
    this.#up = null
    if (performance.now() - up.since > LONG_LIFE_MS) this.#falls = 0
    else this.#later()
    const why = up.transport instanceof StdioTransport ? ` (${up.transport.why})` : ''
    if (!this.#closed) {
      this.ports.alarm(`The MCP server '${this.server.name}' ended${why}; it is started again when it is needed.`)
    }
  }

  #relist(): void {
    const up = this.#up
    if (up === null) return
    const reading = listed(up.client, AbortSignal.timeout(LIMITS.mcp_start_ms)).then(
      (tools) => {
        up.tools = tools
        this.#seen = tools
      },
      // What its tools are now is not known: they are asked for anew.
      () => void this.drop(up),
    )
    const done = reading.finally(() => {
      if (up.relisting === done) up.relisting = null
    })
    up.relisting = done
  }

  /** The connection is of no more use: a session that is over, a list that cannot be read. The next use makes another. */
  async drop(live: Live): Promise<void> {
    if (this.#up !== live) return
    const { transport } = this.#up
    this.#up = null
    await transport.close().catch(() => undefined)
  }

  /** What it said of its tools when it was last reached; null before. */
  get seen(): ReadonlyMap<string, LiveTool> | null {
    return this.#seen
  }

  /** While a call is under way the process waits for its answer. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#calls += 1
    this.#hold()
    try {
      return await work()
    } finally {
      this.#calls -= 1
      this.#hold()
    }
  }

  #hold(): void {
    const transport = this.#up?.transport
    if (transport instanceof StdioTransport) transport.hold(this.#calls > 0)
  }

  async close(): Promise<void> {
    this.#closed = true
    const up = this.#up ?? (await this.#starting?.catch(() => null))
    this.#up = null
    const transport = up?.transport
    if (transport && 'terminateSession' in transport) {
      await (transport as { terminateSession(): Promise<void> }).terminateSession().catch(() => undefined)
    }
    await transport?.close().catch(() => undefined)
  }
}

const CLIENT = { name: 'midwatch', version: '1' }
const CLOSED = 'it was closed'
/** Some servers of before never answer what they do not know. */
const PROBE_MS = 15_000
const LONG_LIFE_MS = 10_000

async function listed(client: Client, signal: AbortSignal): Promise<Map<string, LiveTool>> {
  const { tools } = await client.listTools(undefined, { signal, cacheMode: 'refresh' })
  return new Map(tools.map((tool) => [tool.name, { pin: pinOf(tool), listed: tool }]))
}
