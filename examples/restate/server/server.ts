import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RestateOptions {
  readonly binary: string
  /** Folder of its data, which outlives its process. */
  readonly home: string
  /** File descriptor for what it prints. */
  readonly log: number
}

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 5_000

/** A Restate server of one's own, on loopback, that may be killed and comes back on the same ports and data. */
export class RestateServer {
  kills = 0
  #child: ChildProcess | null = null
  #back: Promise<void> = Promise.resolve()

  private constructor(
    private readonly options: RestateOptions,
    private readonly ports: readonly [ingress: number, admin: number, fabric: number],
  ) {}

  static async start(options: RestateOptions): Promise<RestateServer> {
    const server = new RestateServer(options, [await freePort(), await freePort(), await freePort()])
    await server.#run()
    return server
  }

  /** Tells it where a service listens. */
  async register(uri: string): Promise<void> {
    const response = await fetch(`${this.#admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri }),
    })
    if (!response.ok) throw new Error(`The service was not registered: ${response.status} ${await response.text()}`)
  }

  /** Calls a handler and gives its answer. A caller as there are many: what got no answer is sent again, under the same key. */
  async call<T>(object: string, key: string, handler: string, input: unknown): Promise<T> {
    const url = `http://127.0.0.1:${this.ports[0]}/${object}/${encodeURIComponent(key)}/${handler}`
    for (;;) {
      const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) }
      const response = await fetch(url, asked).catch(() => null)
      const text = await response?.text().catch(() => null)
      if (response?.ok && typeof text === 'string') return JSON.parse(text) as T
      if (response && response.status < 500) throw new Error(`${url}: ${response.status} ${text}`)
      await this.#back
      await sleep(100)
    }
  }

  /** SIGKILL, and a new process on the same data. */
  kill(): Promise<void> {
    this.kills += 1
    const dead = this.#end('SIGKILL')
    this.#back = this.#back.then(() => dead).then(() => this.#run())
    return this.#back
  }

  async stop(): Promise<void> {
    await this.#back
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_WITHIN_MS)
    await this.#end('SIGTERM')
    clearTimeout(late)
  }

  get #admin(): string {
    return `http://127.0.0.1:${this.ports[1]}`
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  async #run(): Promise<void> {
    const { binary, home, log } = this.options
    const env = { ...process.env, ...settings(home, this.ports) }
    const child = spawn(binary, ['--no-logo'], { env, stdio: ['ignore', log, log] })
    this.#child = child
    // None outlives who started it.
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.removeListener('exit', end))
    const until = performance.now() + READY_WITHIN_MS
    while (
      !(await isUp(`${this.#admin}/health`)) ||
      !(await isUp(`http://127.0.0.1:${this.ports[0]}/restate/health`))
    ) {
      if (child.exitCode !== null) throw new Error(`The Restate server ended with ${child.exitCode}.`)
      if (performance.now() > until) throw new Error('The Restate server did not become ready.')
      await sleep(50)
    }
  }
}

/** One node, on loopback, that tells nobody of itself. */
function settings(home: string, [ingress, admin, fabric]: readonly [number, number, number]): Record<string, string> {
  return {
    DO_NOT_TRACK: '1',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_BASE_DIR: home,
    RESTATE_NODE_NAME: 'night',
    RESTATE_CLUSTER_NAME: 'midwatch-example',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${fabric}/`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_DEFAULT_NUM_PARTITIONS: '1',
    // A dead service is called again within a second, and however long it stays away.
    RESTATE_DEFAULT_RETRY_POLICY__INITIAL_INTERVAL: '100ms',
    RESTATE_DEFAULT_RETRY_POLICY__MAX_INTERVAL: '1s',
    RESTATE_DEFAULT_RETRY_POLICY__MAX_ATTEMPTS: 'unlimited',
    RESTATE_LOG_FILTER: 'warn',
  }
}

async function isUp(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => null)
  return response?.ok ?? false
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
