import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LIMITS } from '../core/limits.js'
import { ToolFault } from './fault.js'
import { IsolatedProcess } from './isolated-process.js'
import { errorOf, type FromChild, type Go, shapeOf, thrownOf } from './isolated-wire.js'
import { after, leftUntil, now } from './moment.js'
import { closeNursery } from './nursery.js'
import type { Secrets } from './secrets.js'
import type { ToolSpec } from './tool.js'

/** One attempt, as a child is told of it. */
export interface IsolatedCall {
  /** File URL or absolute path of the module that exports the tool. */
  readonly module: string
  readonly wire: unknown
  readonly key: string
  readonly fence: number
  readonly attempt: number
  readonly runId: string
  readonly session: string | null
  readonly tenant: string
  readonly principal: string | null
  readonly traceparent?: string
  readonly tracestate?: string
  /** The child ends itself after so long, counted from now. */
  readonly boundMs: number
  readonly signal: AbortSignal
  readonly secrets: Pick<Secrets, 'resolve' | 'concealText'>
}

/** Children that have loaded their module and wait for a call: one per module and bound of memory. */
const spares = new Map<string, IsolatedProcess>()

/**
 * Runs the tool's `execute` in a process of its own, which is killed when the signal aborts and ends itself at the bound.
 * Throws what the tool threw; a `ToolFault` where the child is known not to have acted (`isolated_not_started`,
 * `isolated_tool_not_found`, `isolated_tool_ambiguous`, `isolated_input_refused`); anything else leaves it in doubt.
 */
export async function isolatedCall(spec: ToolSpec, p: IsolatedCall): Promise<unknown> {
  const until = after(now(), p.boundMs)
  const child = takeChild(moduleUrl(p.module), spec.memoryMb ?? LIMITS.isolated_heap_mb)
  child.hold(true)
  const loaded = await Promise.race([child.loaded, aborted(p.signal)])
  if (loaded === 'unloadable') throw new ToolFault('permanent', 'isolated_tool_not_found', null)
  if (loaded === 'gone' || child.gone) throw new ToolFault('not_performed', 'isolated_not_started', null)
  if (loaded === 'aborted' || p.signal.aborted || leftUntil(until) <= 0) {
    // It was never asked, so it can serve the next call.
    keep(child)
    throw new ToolFault('not_performed', 'isolated_not_started', null)
  }
  const { key, fence, attempt, runId, session, tenant, principal, traceparent, tracestate } = p
  const trace = { ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) }
  const who = { key, fence, attempt, runId, session, tenant, principal, trace }
  try {
    return await ask(child, { kind: 'go', ...who, tool: spec.name, shape: shapeOf(spec), wire: p.wire, until }, p)
  } finally {
    child.kill()
    if (!spares.has(nameOf(child))) keep(new IsolatedProcess(child.module, child.memoryMb))
  }
}

/** Loads a module ahead of its next call; false when it cannot be loaded. */
export async function warmIsolated(module: string): Promise<boolean> {
  const url = moduleUrl(module)
  const name = nameOf({ module: url, memoryMb: LIMITS.isolated_heap_mb })
  const child = spares.get(name) ?? new IsolatedProcess(url, LIMITS.isolated_heap_mb)
  if (!spares.has(name)) keep(child)
  child.hold(true)
  const loaded = await child.loaded
  // Unless a call has taken it meanwhile, it keeps nobody waiting.
  if (spares.get(name) === child) child.hold(false)
  return loaded === 'ready'
}

/** Ends the children that wait for a call. */
export function closeIsolated(): void {
  for (const child of spares.values()) child.kill()
  spares.clear()
  closeNursery()
}

const nameOf = ({ module, memoryMb }: Pick<IsolatedProcess, 'module' | 'memoryMb'>): string => `${memoryMb} ${module}`

function takeChild(module: string, memoryMb: number): IsolatedProcess {
  const name = nameOf({ module, memoryMb })
  const spare = spares.get(name)
  spares.delete(name)
  return spare === undefined || spare.gone ? new IsolatedProcess(module, memoryMb) : spare
}

function keep(child: IsolatedProcess): void {
  const name = nameOf(child)
  if (spares.has(name)) {
    child.kill()
    return
  }
  child.hold(false)
  spares.set(name, child)
  const forget = () => {
    if (spares.get(name) === child) spares.delete(name)
  }
  const idle = setTimeout(() => {
    if (spares.get(name) !== child) return
    forget()
    child.kill()
  }, LIMITS.isolated_idle_ms).unref()
  child.follow(
    () => undefined,
    () => {
      clearTimeout(idle)
      forget()
    },
  )
}

/** The child's answer; from here on a child that ends without one may have acted. */
function ask(child: IsolatedProcess, go: Go, p: IsolatedCall): Promise<unknown> {
  child.label = go.tool
  child.conceal = p.secrets.concealText
  return new Promise((resolve, reject) => {
    const stop = () => {
      child.kill()
      reject(p.signal.reason)
    }
    p.signal.addEventListener('abort', stop, { once: true })
    const settle = (how: () => void) => {
      p.signal.removeEventListener('abort', stop)
      how()
    }
    child.follow(
      (message) => {
        if (message.kind === 'secret') void tellSecret(child, message, p)
        if (message.kind === 'done') settle(() => resolve(message.output))
        if (message.kind === 'threw') settle(() => reject(errorOf(message.thrown)))
      },
      (why) => settle(() => reject(new Error(`The process of '${go.tool}' ended before it answered (${why}).`))),
    )
    child.send(go)
  })
}

async function tellSecret(
  child: IsolatedProcess,
  asked: Extract<FromChild, { kind: 'secret' }>,
  p: IsolatedCall,
): Promise<void> {
  const got = await p.secrets.resolve(asked.name, p.tenant).then(
    (value) => ({ value }),
    (error: unknown) => ({ thrown: thrownOf(error) }),
  )
  if (!p.signal.aborted) child.send({ kind: 'secret', id: asked.id, got })
}

function moduleUrl(module: string): string {
  return isAbsolute(module) ? pathToFileURL(module).href : module
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
}
