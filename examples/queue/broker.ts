import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Seconds, as in SQS. */
export interface BrokerOptions {
  readonly visibilityTimeout: number
  /** Received so often without being deleted, a message is laid aside. */
  readonly maxReceiveCount: number
  /** Whether this delete never comes: `received` is how often its message was delivered, `userAgent` who sends it. */
  readonly losesDelete?: (received: number, userAgent: string) => boolean
}

interface Held {
  readonly id: string
  readonly body: string
  /** The receipt handle of its last delivery: an older one is worth nothing. */
  receipt: string
  received: number
  visibleAt: number
}

type Fields = Readonly<Record<string, unknown>>
const LOOK_MS = 20

/**
 * A broker that delivers at least once, in memory: the five verbs of SQS and its JSON over HTTP, as far as a consumer needs them. A
 * message that was received is hidden for a while and then delivered again, until somebody deletes it under its last receipt.
 */
export class Broker {
  /** Bodies that were laid aside. */
  readonly dead: string[] = []
  /** The least number of times that a message was delivered before it went. */
  leastDeliveries = Number.POSITIVE_INFINITY
  readonly #held = new Map<string, Held>()
  readonly #server = createServer((request, response) => {
    this.#answer(request)
      .then((body) =>
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body)),
      )
      .catch(() => response.destroy())
  })

  constructor(private readonly options: BrokerOptions) {}

  /** Listens on loopback; gives its URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Whether every message was deleted or laid aside. */
  get isEmpty(): boolean {
    return this.#held.size === 0
  }

  async #answer(request: IncomingMessage): Promise<Fields> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fields = JSON.parse(Buffer.concat(chunks).toString()) as Fields
    const verb = String(request.headers['x-amz-target']).replace('AmazonSQS.', '')
    if (verb === 'SendMessage') return this.#send(String(fields.MessageBody))
    if (verb === 'ReceiveMessage') return this.#receive(fields)
    if (verb === 'DeleteMessage') return this.#delete(fields, request.headers['user-agent'] ?? '')
    if (verb === 'ChangeMessageVisibility') return this.#hide(fields)
    throw new Error(`${verb} is none of the verbs of this broker.`)
  }

  #send(body: string): Fields {
    const id = randomUUID()
    this.#held.set(id, { id, body, receipt: '', received: 0, visibleAt: 0 })
    return { MessageId: id }
  }

  /** Waits for messages as long as it is asked to. */
  async #receive({ MaxNumberOfMessages: most = 1, WaitTimeSeconds: seconds = 0 }: Fields): Promise<Fields> {
    const until = Date.now() + Number(seconds) * 1_000
    for (;;) {
      const due = [...this.#held.values()].filter(({ visibleAt }) => visibleAt <= Date.now())
      const found = due.filter((one) => !this.#layAside(one)).slice(0, Number(most))
      if (found.length > 0 || Date.now() >= until) return { Messages: found.map((one) => this.#deliver(one)) }
      await sleep(LOOK_MS)
    }
  }

  #layAside(one: Held): boolean {
    if (one.received < this.options.maxReceiveCount) return false
    this.#forget(one)
    this.dead.push(one.body)
    return true
  }

  #deliver(one: Held): Fields {
    one.received += 1
    one.receipt = randomUUID()
    one.visibleAt = Date.now() + this.options.visibilityTimeout * 1_000
    const attributes = { ApproximateReceiveCount: String(one.received) }
    return { MessageId: one.id, ReceiptHandle: one.receipt, Body: one.body, Attributes: attributes }
  }

  #delete({ ReceiptHandle: receipt }: Fields, userAgent: string): Fields {
    const held = this.#under(receipt)
    if (held && this.options.losesDelete?.(held.received, userAgent)) throw new Error('The connection was cut.')
    if (held) this.#forget(held)
    return {}
  }

  #hide({ ReceiptHandle: receipt, VisibilityTimeout: seconds }: Fields): Fields {
    const held = this.#under(receipt)
    if (held) held.visibleAt = Date.now() + Number(seconds) * 1_000
    return {}
  }

  #forget({ id, received }: Held): void {
    this.#held.delete(id)
    this.leastDeliveries = Math.min(this.leastDeliveries, received)
  }

  #under(receipt: unknown): Held | undefined {
    return [...this.#held.values()].find((one) => one.receipt === receipt)
  }
}
