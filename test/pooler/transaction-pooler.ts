import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import pg from 'pg'

const [AUTHENTICATED, KEY_DATA, READY, TERMINATE] = [0x52, 0x4b, 0x5a, 0x58] as const
const IDLE = 0x49

function message(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Status of the last ReadyForQuery in what a server said; undefined where it is still at it. */
function readiness(bytes: Buffer): number | undefined {
  return bytes.length >= 6 && bytes[bytes.length - 6] === READY ? bytes[bytes.length - 1] : undefined
}

/** A connection to the server, lent to one client after the other. */
interface Lent {
  readonly socket: Socket
  to: Socket | null
}

/**
 * A pooler in transaction mode, as PgBouncer and its like are: many clients over few connections, each client with one of them
 * from its first statement to the end of its transaction, and with another one next time.
 */
export class TransactionPooler {
  readonly #server = createServer((client) => this.#serve(client))
  readonly #clients = new Set<Socket>()
  readonly #free: Lent[] = []
  readonly #waiting: ((lent: Lent) => void)[] = []
  readonly #owners: pg.Client[] = []
  #asked = 0

  private constructor(private readonly target: string) {}

  static async before(url: string, size: number): Promise<TransactionPooler> {
    const pooler = new TransactionPooler(url)
    for (let i = 0; i < size; i += 1) await pooler.#connect()
    pooler.#server.listen(0, '127.0.0.1')
    await once(pooler.#server, 'listening')
    return pooler
  }

  get url(): string {
    const address = this.#server.address()
    const { username, pathname } = new URL(this.target)
    return `postgresql://${username}@127.0.0.1:${typeof address === 'object' ? address?.port : 0}${pathname}`
  }

  /** How many transactions it has passed on. */
  get asked(): number {
    return this.#asked
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    this.#server.close()
    await Promise.all(this.#owners.map((owner) => owner.connection.stream.destroy()))
  }

  /** pg's own client signs in; from then on its socket is ours. */
  async #connect(): Promise<void> {
    const owner = new pg.Client(this.target)
    owner.on('error', () => undefined)
    await owner.connect()
    this.#owners.push(owner)
    const socket = owner.connection.stream as Socket
    socket.removeAllListeners('data')
    const lent: Lent = { socket, to: null }
    socket.on('data', (bytes: Buffer) => {
      lent.to?.write(bytes)
      if (readiness(bytes) === IDLE) this.#giveBack(lent)
    })
    this.#free.push(lent)
  }

  #giveBack(lent: Lent): void {
    lent.to = null
    const next = this.#waiting.shift()
    if (next) next(lent)
    else this.#free.unshift(lent)
  }

  #take(): Promise<Lent> {
    const lent = this.#free.pop()
    return lent ? Promise.resolve(lent) : new Promise((free) => this.#waiting.push(free))
  }

  #serve(client: Socket): void {
    this.#clients.add(client.on('error', () => undefined).on('close', () => this.#clients.delete(client)))
    let mine: Lent | null = null
    let turn: Promise<void> = Promise.resolve()
    client.once('data', () => {
      const zero = Buffer.alloc(4)
      const key = Buffer.alloc(8, 0x7f)
      client.write(
        Buffer.concat([message(AUTHENTICATED, zero), message(KEY_DATA, key), message(READY, Buffer.from([IDLE]))]),
      )
      client.on('data', (bytes: Buffer) => {
        turn = turn.then(async () => {
          if (bytes[0] === TERMINATE) return void client.end()
          if (mine?.to !== client) {
            mine = await this.#take()
            mine.to = client
            this.#asked += 1
          }
          mine.socket.write(bytes)
        })
      })
    })
  }
}
