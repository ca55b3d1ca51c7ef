import { type ChildProcess, spawn } from 'node:child_process'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { LIMITS } from '../../core/limits.js'
import type { Moment } from '../moment.js'
import { ownModule } from '../own-copy.js'
import { Lines } from './lines.js'
import { type Pass, type Start, wordIn } from './warden-wire.js'

const WARDEN = new URL('./warden.js', import.meta.url)
const LINE_CHARS = 4_000

/** Field of a request's `_meta` that says until when its answer may come; it goes no further than the warden. */
export const UNTIL = 'midwatch/until'

/** Thrown by `send` where nothing was sent. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

export interface StdioPorts {
  /** A line that the server wrote to its stderr. */
  readonly log: (line: string) => void
}

/** One server process behind its warden, as the MCP client speaks to it. It never keeps this process alive by itself. */
export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: Transport['onmessage']
  /** By these two the client knows that it speaks to a process. */
  readonly stderr = null
  get pid(): number | null {
    return this.#warden?.pid ?? null
  }
  /** Why it ended, once it has. */
  why = 'it was closed'
  #warden: ChildProcess | null = null
  #gone: Promise<void> = Promise.resolve()

  constructor(
    private readonly start_: Start,
    private readonly ports: StdioPorts,
  ) {}

  start(): Promise<void> {
    const { PATH = '' } = this.start_.env
    const warden = spawn(process.execPath, ownModule(WARDEN), {
      // In a group of its own: all that the server starts can be ended with it, and Ctrl-C does not reach it.
      ...{ detached: process.platform !== 'win32', windowsHide: true },
      ...{ env: { PATH }, stdio: ['pipe', 'pipe', 'pipe'] as const },
    })
    this.#warden = warden
    this.#gone = new Promise((resolve) => {
      const over = (why?: string) => {
        if (why !== undefined) this.why = why
        if (this.#warden === null) return
        this.#warden = null
        resolve()
        this.onclose?.()
      }
      warden.on('error', (error) => over(error.message))
      // Without its warden nothing of the group may stay.
      warden.on('exit', () => this.#endGroup(warden))
      warden.on('close', () => over())
    })
    warden.stdin.on('error', () => undefined)
    this.#listen(warden)
    this.hold(false)
    warden.stdin.write(`${JSON.stringify(this.start_)}\n`)
    return Promise.resolve()
  }

  #listen(warden: ChildProcess): void {
    const lines = new Lines(
      LIMITS.mcp_message_bytes,
      (line) => this.#hear(line),
      (bytes) => {
        // Whose answer it was is not known: nobody may wait for it in vain.
        this.why = `it sent a message of ${bytes} bytes; the most is ${LIMITS.mcp_message_bytes}`
        this.kill()
      },
    )
    warden.stdout?.on('data', (chunk: Buffer) => lines.take(chunk))
    const said = new Lines(LINE_CHARS * 4, (line) => this.ports.log(line.slice(0, LINE_CHARS)))
    warden.stderr?.on('data', (chunk: Buffer) => said.take(chunk))
  }

  #hear(line: string): void {
    const word = wordIn(line)
    if (word?.midwatch === 'ended') this.why = word.why
    else if (word) {
      const error = { code: TOO_LATE, message: word.why }
      this.onmessage?.({ jsonrpc: '2.0', id: word.id ?? 0, error })
    } else this.#message(line)
  }

  /** A server that prints to its stdout is common: what is no message is passed over, and told. */
  #message(line: string): void {
    if (line.trim() === '') return
    try {
      this.onmessage?.(JSON.parse(line) as JSONRPCMessage)
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)))
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    const warden = this.#warden
    if (warden === null || !warden.stdin?.writable) return Promise.reject(new NotSent('The server is not running.'))
    const [line, until] = withoutUntil(message)
    const id = 'id' in message && message.id !== undefined ? message.id : undefined
    const pass: Pass = { line, ...(until && id !== undefined && { id, until }) }
    warden.stdin.write(`${JSON.stringify(pass)}\n`)
    return Promise.resolve()
  }

  /** Lets it end by itself, and ends it when it does not. */
  async close(): Promise<void> {
    const warden = this.#warden
    if (warden === null) return
    warden.stdin?.end()
    const late = setTimeout(() => this.kill(), LIMITS.mcp_exit_ms * 3)
    await this.#gone
    clearTimeout(late)
  }

  /** At once, with all that it started. */
  kill(): void {
    if (this.#warden !== null) this.#endGroup(this.#warden)
  }

  #endGroup(warden: ChildProcess): void {
    try {
      if (warden.pid !== undefined) process.kill(process.platform === 'win32' ? warden.pid : -warden.pid, 'SIGKILL')
    } catch {
      // Nobody is left in it.
    }
  }

  /** Whether this process stays alive for an answer. */
  hold(held: boolean): void {
    const set = held ? 'ref' : 'unref'
    this.#warden?.[set]()
    const { stdin, stdout, stderr } = this.#warden ?? {}
    for (const stream of [stdin, stdout, stderr]) (stream as { ref?(): void; unref?(): void } | undefined)?.[set]?.()
  }
}

/** Of a JSON-RPC error that says that a message was not passed on; no server's own. */
export const TOO_LATE = -32_099

function withoutUntil(message: JSONRPCMessage): [line: string, until: Moment | undefined] {
  const meta = 'params' in message ? message.params?._meta : undefined
  if (meta === undefined || !Object.hasOwn(meta, UNTIL)) return [JSON.stringify(message), undefined]
  const { [UNTIL]: until, ...rest } = meta
  const params = { ...(message as { params: object }).params, _meta: rest }
  return [JSON.stringify({ ...message, params }), until as unknown as Moment]
}

/** What a server's environment has: what was listed, PATH and HOME, and what Windows cannot start a program without. */
export function cleanEnvironment(listed: Readonly<Record<string, string>>): Record<string, string> {
  const passed = ['PATH', 'HOME', ...(process.platform === 'win32' ? WINDOWS : [])]
  const own = passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]))
  return { ...(Object.fromEntries(own) as Record<string, string>), ...listed }
}

const WINDOWS = ['APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'SYSTEMROOT', 'TEMP', 'USERPROFILE', 'WINDIR']
