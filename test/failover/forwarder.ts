import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A loopback port that leads to one server's socket, and to another's when it is switched over: what a virtual address does. */
export class Forwarder {
  readonly #sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    private target: string,
  ) {}

  static async to(target: string): Promise<Forwarder> {
    const server = createServer()
    const made = new Forwarder(server, target)
    server.on('connection', (socket) => made.#pipe(socket))
    await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
    return made
  }

  get url(): string {
    return `postgresql://midwatch@127.0.0.1:${(this.server.address() as AddressInfo).port}/postgres`
  }

  /** New connections lead there; those that are open are cut. */
  switchTo(target: string): void {
    this.target = target
    for (const socket of this.#sockets) socket.destroy()
  }

  #pipe(from: Socket): void {
    const to = connect(this.target)
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => void this.server.close(done))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
