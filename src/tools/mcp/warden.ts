/**
 * The process between a worker and one MCP server on stdio. It leads a process group of its own, in which the server and
 * whatever that starts live, and ends all of it: when the worker is gone, however it died, and when a call that may not
 * outlive its bound has no answer at it, even though the worker is stopped. What comes too late is not passed on.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { LIMITS } from '../../core/limits.js'
import { leftUntil, type Moment } from '../moment.js'
import { Lines } from './lines.js'
import { type Pass, type Start, wordLine } from './warden-wire.js'

const LAST_WORDS_MS = 200
/** Calls that must be answered before a moment, by their message's id. */
const bounds = new Map<string | number, NodeJS.Timeout>()
let server: ChildProcess | null = null

/** Everything in the group, this process too. */
function endAll(): never {
  try {
    process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL')
  } catch {
    server?.kill('SIGKILL')
  }
  process.exit(1)
}

function bound(id: string | number, until: Moment): void {
  // Looked at again at the moment: the wall clock may have been set meanwhile.
  const look = () => {
    const leftMs = leftUntil(until)
    if (leftMs <= 0) endAll()
    bounds.set(id, setTimeout(look, Math.ceil(leftMs)))
  }
  look()
}

function pass(line: string): void {
  const { line: message, id, until } = JSON.parse(line) as Pass
  if (until !== undefined && id !== undefined) {
    if (leftUntil(until) <= 0) {
      process.stdout.write(wordLine({ midwatch: 'too_late', why: 'its bound had passed', id }))
      return
    }
    bound(id, until)
  }
  server?.stdin?.write(`${message}\n`)
}

/** Only who is waited for is looked for: the rest passes unread. */
function answered(line: string): void {
  if (bounds.size === 0) return
  try {
    const { id, method } = JSON.parse(line) as { id?: string | number; method?: string }
    if (id === undefined || method !== undefined) return
    clearTimeout(bounds.get(id))
    bounds.delete(id)
  } catch {
    // No message: the client will say so.
  }
}

function begin({ command, args, env, cwd }: Start): void {
  server = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'], shell: false, windowsHide: true })
  const ended = (why: string) => process.stdout.write(wordLine({ midwatch: 'ended', why }), endAll)
  server.on('error', (error) => ended(error.message))
  server.on('exit', (code, signal) => {
    const tell = () => ended(signal ?? `code ${code}`)
    // Its last words may still lie in the pipe; but what it started may hold that open.
    if (server?.stdout?.readableEnded) tell()
    else server?.stdout?.once('end', tell)
    setTimeout(tell, LAST_WORDS_MS)
  })
  server.stdin?.on('error', () => undefined)
  const lines = new Lines(LIMITS.mcp_message_bytes, answered)
  server.stdout?.on('data', (chunk: Buffer) => lines.take(chunk))
  server.stdout?.pipe(process.stdout, { end: false })
}

/** The worker is gone, or wants no more: the server is told by its stdin, then by a signal, then ended. */
function leave(): void {
  if (server === null) endAll()
  server.stdin?.end()
  setTimeout(() => {
    server?.kill('SIGTERM')
    setTimeout(endAll, LIMITS.mcp_exit_ms)
  }, LIMITS.mcp_exit_ms)
}

process.on('SIGTERM', leave)
process.stdout.on('error', () => undefined)
const fromWorker = new Lines(LIMITS.mcp_message_bytes * 2, (line) => {
  if (server === null) begin(JSON.parse(line) as Start)
  else pass(line)
})
process.stdin.on('data', (chunk: Buffer) => fromWorker.take(chunk))
process.stdin.on('end', leave)
process.stdin.on('error', leave)
