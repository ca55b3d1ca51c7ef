import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A Restate server of our own, alone on this machine: its durability is that of its defaults. */
export interface RestateServer {
  readonly ingressUrl: string
  readonly adminUrl: string
  readonly pid: number
  /** What its folder takes. */
  storedBytes(): number
  stop(): Promise<void>
}

const READY_WITHIN_MS = 30_000
const STOPS_WITHIN_MS = 5_000

/** Throws with what the server said last where it does not get ready. `home` is emptied. */
export async function startRestate(home: string): Promise<RestateServer> {
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()]
  const at = (port: number) => `127.0.0.1:${port}`
  // Names of settings: docs.restate.dev, "Server configuration". Telemetry is off; all that is not an address is a default.
  const env = {
    ...process.env,
    RESTATE_BASE_DIR: home,
    RESTATE_NODE_NAME: 'bench',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_BIND_ADDRESS: at(node),
    RESTATE_ADVERTISED_ADDRESS: `http://${at(node)}/`,
    RESTATE_INGRESS__BIND_ADDRESS: at(ingress),
    RESTATE_ADMIN__BIND_ADDRESS: at(admin),
    RESTATE_LOG_FILTER: 'error',
  }
  const server = spawn(binary(), [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let last = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (text) => {
      last = `${last}${text}`.slice(-2_000)
    })
  }
  // It must not outlive whoever started it.
  const kill = () => void server.kill('SIGKILL')
  process.once('exit', kill)
  const adminUrl = `http://${at(admin)}`
  const ingressUrl = `http://${at(ingress)}`
  try {
    await ready([`${adminUrl}/health`, `${ingressUrl}/restate/health`], () => server.exitCode === null)
  } catch {
    kill()
    throw new Error(`restate-server did not get ready: ${last.trim()}`)
  }
  return {
    ingressUrl,
    adminUrl,
    pid: server.pid ?? 0,
    storedBytes: () => bytesOf(home),
    stop: async () => {
      process.off('exit', kill)
      if (server.exitCode !== null) return
      const exited = once(server, 'exit')
      server.kill('SIGTERM')
      const impatience = setTimeout(kill, STOPS_WITHIN_MS)
      await exited
      clearTimeout(impatience)
    },
  }
}

/** The server itself, not its starter: it shall be killed, and its CPU time read, by its own id. */
function binary(): string {
  const bench = createRequire(new URL('./package.json', import.meta.url))
  const starter = createRequire(bench.resolve('@restatedev/restate-server/package.json'))
  const { platform, arch } = process
  return join(
    dirname(starter.resolve(`@restatedev/restate-server-${platform}-${arch}/package.json`)),
    'bin/restate-server',
  )
}

async function ready(urls: readonly string[], isAlive: () => boolean): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS
  for (const url of urls) {
    for (;;) {
      const is = await fetch(url).then(
        (response) => response.ok,
        () => false,
      )
      if (is) break
      if (performance.now() > until || !isAlive()) throw new Error('not ready')
      await pause(50)
    }
  }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

function bytesOf(folder: string): number {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
  const sizes = all.filter((one) => one.isFile()).map((one) => statSync(join(one.parentPath, one.name)).size)
  return sizes.reduce((sum, size) => sum + size, 0)
}
