import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/**
 * Where a connection is cut · before: the server never hears the request · after: the server has answered it, so what it
 * committed stands, and the client never learns.
 */
export type Cut = 'before' | 'after'

interface Plan {
  readonly when: Cut
  readonly naming: string
  readonly done: () => void
}

const READY = 0x5a
/** Parse, Bind, Describe, Execute, Close: they wait for a Sync. */
const HELD = new Set([0x50, 0x42, 0x44, 0x45, 0x43])

/** Splits a stream into PostgreSQL's messages: a type byte (but for the client's first), then a length that counts itself. */
class Messages {
  #rest = Buffer.alloc(0)
  #untyped: boolean

  constructor(startsUntyped: boolean) {
    this.#untyped = startsUntyped
  }

  take(bytes: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const whole: Buffer[] = []
    for (;;) {
      const lead = this.#untyped ? 0 : 1
      if (this.#rest.length < lead + 4) return whole
      const end = lead + this.#rest.readInt32BE(lead)
      if (this.#rest.length < end) return whole
      whole.push(this.#rest.subarray(0, end))
      this.#rest = this.#rest.subarray(end)
      this.#untyped = false
    }
  }
}

/** Stands between a client and PostgreSQL and cuts the connections it is told to cut. */
export class WireProxy {
  readonly #server = createServer((client) => this.#relay(client))
  readonly #sockets = new Set<Socket>()
  readonly #target: URL
  readonly #plans: Plan[] = []
  #away = false

  private constructor(url: string) {
    this.#target = new URL(url)
  }

  static async before(url: string): Promise<WireProxy> {
    const proxy = new WireProxy(url)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** The database's URL by way of this proxy. */
  get url(): string {
    const address = this.#server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { username, password, pathname } = this.#target
    return `postgresql://${username}${password === '' ? '' : `:${password}`}@127.0.0.1:${port}${pathname}`
  }

  /** Cuts the connection on which the next request comes that holds the bytes of `naming`; resolves when it is cut. */
  cut(when: Cut, naming: string): Promise<void> {
    return new Promise((done) => {
      this.#plans.push({ when, naming, done })
    })
  }

  /** Out of reach, as where the server is: connections break, and new ones are refused. */
  set away(away: boolean) {
    this.#away = away
    if (away) for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #relay(client: Socket): void {
    if (this.#away) {
      client.on('error', () => undefined).destroy()
      return
    }
    const server = this.#connect()
    const end = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket)
        end()
      })
    }
    let doomed: Plan | null = null
    this.#forward(client, server, (plan) => {
      if (plan.when === 'after') doomed = plan
      else finish(plan, end)
    })
    const answers = new Messages(false)
    server.on('data', (bytes) => {
      const ready = answers.take(bytes).some((message) => message[0] === READY)
      if (doomed === null) client.write(bytes)
      else if (ready) finish(doomed, end)
    })
  }

  /** Passes a client's messages on, a whole request at a time, and tells of one that is to be cut. */
  #forward(client: Socket, server: Socket, cut: (plan: Plan) => void): void {
    const messages = new Messages(true)
    let request: Buffer[] = []
    client.on('data', (bytes) => {
      for (const message of messages.take(bytes)) {
        request.push(message)
        if (HELD.has(message[0] ?? 0)) continue
        const whole = Buffer.concat(request)
        request = []
        const plan = this.#planFor(whole)
        if (plan !== null) cut(plan)
        if (plan?.when === 'before') return
        server.write(whole)
      }
    })
  }

  #planFor(request: Buffer): Plan | null {
    const at = this.#plans.findIndex(({ naming }) => request.includes(naming))
    return at < 0 ? null : (this.#plans.splice(at, 1)[0] ?? null)
  }

  #connect(): Socket {
    const folder = decodeURIComponent(this.#target.hostname)
    const port = Number(this.#target.port || 5432)
    return folder.startsWith('/') ? connect(join(folder, `.s.PGSQL.${port}`)) : connect(port, folder)
  }
}

function finish(plan: Plan, end: () => void): void {
  end()
  plan.done()
}
