/**
 * What runs in the child: loads the module named on the command line, says that it is ready, waits for one call, makes
 * it, answers, and ends. It ends itself at the bound, and when its parent is gone.
 */
import { toJson } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import { findTool } from './isolated-find.js'
import { markIsolated } from './isolated-mark.js'
import { endSelf, Watchdog } from './isolated-watchdog.js'
import { errorOf, type FromChild, type Go, type ToChild, thrownOf } from './isolated-wire.js'
import { after, leftUntil, now } from './moment.js'
import { enableTypeScript, seesOwnCopy } from './own-copy.js'
import { check } from './schema.js'
import type { Call } from './tool.js'

/** The signal comes so much before the bound, at most, that a tool can still close what it opened. */
const WARN_MS = 50
const MOST_BYTES = LIMITS.body_bytes / 2
/** What a call may take beyond what there is before it. */
const MEMORY_BYTES = Number(process.argv[3] ?? LIMITS.isolated_heap_mb) * 1_048_576

const waiting = new Map<number, (got: Extract<ToChild, { kind: 'secret' }>['got']) => void>()

function say(message: FromChild, then: () => void = () => undefined): void {
  // A parent that is gone hears nothing; 'disconnect' ends this process.
  process.send?.(message, undefined, undefined, then)
}

async function perform(go: Go, exports: Readonly<Record<string, unknown>>): Promise<FromChild> {
  const search = findTool(exports, go.tool, go.shape)
  if ('missing' in search) return notActed(search.missing)
  const input = await check(search.spec.input, go.wire)
  if (!input.ok) return notActed('isolated_input_refused')
  const leftMs = leftUntil(go.until)
  if (leftMs <= 0) endSelf()
  try {
    return { kind: 'done', output: await search.spec.execute(input.value, callOf(go, leftMs)) }
  } catch (error) {
    return { kind: 'threw', thrown: thrownOf(error) }
  }
}

function notActed(code: string): FromChild {
  return { kind: 'threw', thrown: { sort: 'fault', kind: 'permanent', code, retryAfterMs: null } }
}

function callOf(go: Go, leftMs: number): Call {
  const { key, attempt, runId, tenant, session, principal, trace } = go
  const warnMs = Math.floor(leftMs - Math.min(WARN_MS, leftMs / 10))
  return {
    key,
    attempt,
    runId,
    tenant,
    fence: BigInt(go.fence),
    signal: AbortSignal.timeout(Math.max(0, warnMs)),
    deadline: new Date(go.until.wall),
    ...(session === null ? {} : { session }),
    ...(principal === null ? {} : { principal }),
    ...trace,
    secret,
  }
}

/** Asked of the parent at the moment of use: it stands in no argument and no variable of this process. */
function secret(name: string): Promise<string> {
  const id = waiting.size
  return new Promise((resolve, reject) => {
    waiting.set(id, (got) => ('value' in got ? resolve(got.value) : reject(errorOf(got.thrown))))
    say({ kind: 'secret', id, name })
  })
}

/** The answer goes as it is where it can be copied, else as the JSON that the ledger would keep of it. */
function answer(message: FromChild): void {
  const fit = message.kind === 'done' ? fitted(message.output) : message
  try {
    say(fit, endSelf)
  } catch {
    say({ kind: 'done', output: message.kind === 'done' ? toJson(message.output) : null }, endSelf)
  }
}

/** What the ledger would refuse is not carried over; what was done stays done. */
function fitted(output: unknown): FromChild {
  try {
    const bytes = Buffer.byteLength(JSON.stringify(output) ?? '')
    return { kind: 'done', output: bytes > MOST_BYTES ? tooLarge(bytes) : output }
  } catch (error) {
    return { kind: 'threw', thrown: thrownOf(error) }
  }
}

function tooLarge(bytes: number): unknown {
  const message = `The result has ${bytes} bytes; the most is ${MOST_BYTES}.`
  return { performed: true, code: 'result_too_large', message }
}

async function main(): Promise<void> {
  process.on('disconnect', endSelf)
  const watchdog = await Watchdog.start()
  watchdog.watch(after(now(), LIMITS.isolated_load_ms))
  const asked = new Promise<Go>((resolve) => {
    process.on('message', (message: ToChild) => {
      if (message.kind === 'go') {
        watchdog.watch(message.until, process.memoryUsage.rss() + MEMORY_BYTES)
        resolve(message)
      } else waiting.get(message.id)?.(message.got)
    })
  })
  const exports = await load(process.argv[2] ?? '')
  if (exports === null) return
  watchdog.watch(null)
  say({ kind: 'ready' })
  answer(await perform(await asked, exports))
}

/** null when it cannot be loaded; the parent has been told why. */
async function load(module: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    markIsolated()
    if (!isPlain(module)) await enableTypeScript()
    return await import(module)
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    say({ kind: 'unloadable', message }, endSelf)
    return null
  }
}

/** Node alone loads it, and finds this copy of `midwatch`: a loader and its own copies of modules take longer than all the rest. */
function isPlain(module: string): boolean {
  return process.argv[4] === 'plain' && /\.[cm]?js$/.test(module) && seesOwnCopy(module)
}

await main()
