import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/**
 * Stands between a worker and PostgreSQL, and goes on holding its connections when the worker is gone, as a pooler or a
 * firewall does: the server does not learn that it died.
 */
export class HalfOpen {
  readonly #server = createServer((client) => this.#relay(client))
  readonly #sockets = new Set<Socket>()

  private constructor(private readonly target: URL) {}

  static async before(url: string): Promise<HalfOpen> {
    const one = new HalfOpen(new URL(url))
    one.#server.listen(0, '127.0.0.1')
    await once(one.#server, 'listening')
    return one
  }

  /** The database's URL by way of this one. */
  get url(): string {
    const address = this.#server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { username, password, pathname } = this.target
    return `postgresql://${username}${password === '' ? '' : `:${password}`}@127.0.0.1:${port}${pathname}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #relay(client: Socket): void {
    const folder = decodeURIComponent(this.target.hostname)
    const port = Number(this.target.port || 5432)
    const server = folder.startsWith('/') ? connect(join(folder, `.s.PGSQL.${port}`)) : connect(port, folder)
    for (const socket of [client, server]) this.#sockets.add(socket.on('error', () => undefined))
    client.on('data', (bytes) => server.write(bytes))
    // Nobody hears it any more: read all the same, or the server would be held up in the middle of an answer.
    server.on('data', (bytes) => client.destroyed || client.write(bytes))
    server.on('close', () => client.destroy())
  }
}
