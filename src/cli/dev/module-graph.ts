import { createRequire, register } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { markOf } from './mark.js'

/** A file that was loaded, with its mark at that moment; without one: asked for, and not there. */
export interface Seen {
  readonly path: string
  readonly mark: string | null
}

/**
 * Hooks run on a thread of the loader. They look before anybody else does, so they see what the code asks for, whatever
 * becomes of it; the mark is taken before the file is read, so that a change in between is not lost.
 */
const HOOKS = `
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
let port
export const initialize = (data) => { port = data.port }
const markOf = (path) => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? stat.mtimeMs + ':' + stat.size + ':' + stat.ino : 'none'
}
const pathOf = (url) => fileURLToPath(url.replace(/[?#].*$|%3F.*$/, ''))
export const resolve = async (specifier, context, next) => {
  try {
    return await next(specifier, context)
  } catch (error) {
    if (/^[.][.]?[/]/.test(specifier) && context.parentURL?.startsWith('file:'))
      port.postMessage({ path: pathOf(new URL(specifier, context.parentURL).href), mark: null })
    throw error
  }
}
export const load = async (url, context, next) => {
  if (url.startsWith('data:') && url.includes('midwatch-dev-flush')) port.postMessage({ flush: url })
  if (url.startsWith('file:')) {
    const path = pathOf(url)
    port.postMessage({ path, mark: markOf(path) })
  }
  return next(url, context)
}
`

/** Where this package lies: its own modules are not the project's. */
const OWN = fileURLToPath(new URL('../../', import.meta.url))
const INSTALLED = `${sep}node_modules${sep}`
const isProjects = (path: string): boolean => !path.startsWith(OWN) && !path.includes(INSTALLED)

/** Hears of every module of the project that this process loads from now on. After the TypeScript loader, whose hooks it goes before. */
export class ModuleGraph {
  readonly #waiting = new Map<string, () => void>()
  #flushes = 0

  constructor(private readonly seen: (file: Seen) => void) {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (message: Seen | { readonly flush: string }) => {
      if ('flush' in message) this.#waiting.get(message.flush)?.()
      else if (isProjects(message.path)) seen(message)
    })
    // Listening must not keep the process alive.
    port1.unref()
    register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data: { port: port2 }, transferList: [port2] })
  }

  /** Resolves once everything that was loaded up to now has been told; what was `require`d, which no hook sees, is told here. */
  async flush(): Promise<void> {
    this.#flushes += 1
    const url = `data:text/javascript,/* midwatch-dev-flush ${this.#flushes} */`
    const told = new Promise<void>((resolve) => this.#waiting.set(url, resolve))
    const alive = setInterval(() => undefined, 1_000)
    await import(url)
    await told
    clearInterval(alive)
    for (const path of Object.keys(createRequire(import.meta.url).cache)) {
      if (isProjects(path)) this.seen({ path, mark: markOf(path) })
    }
  }
}
