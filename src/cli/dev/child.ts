/**
 * The process with the project's code under `midwatch dev`: it loads the config, tells what that is made of, works runs, and
 * lets go when it is told to or when whoever started it is gone.
 */
import { dirname, join } from 'node:path'
import { enableTypeScript } from '../../runtime/own-copy.js'
import { takingOver } from '../../runtime/take-over.js'
import type { Midwatch } from '../../runtime.js'
import { assembled } from '../assembled.js'
import { Call } from '../call.js'
import { configPath } from '../config.js'
import { systemIo } from '../io.js'
import { storeText } from '../serve.js'
import { Adoption } from './adoption.js'
import { greeting } from './greeting.js'
import { markOf } from './mark.js'
import { ModuleGraph } from './module-graph.js'
import type { DevOrder, FromDev, ToDev } from './wire.js'

const order = JSON.parse(process.argv[2] ?? '{}') as DevOrder
const io = systemIo()
const call = new Call(io, [], order.config === null ? {} : { config: order.config })
const stop = new AbortController()
let open: () => void = () => undefined
const opened = new Promise<void>((resolve) => {
  open = resolve
})

const say = (message: FromDev): Promise<void> =>
  new Promise((resolve) =>
    process.connected ? process.send?.(message, undefined, undefined, () => resolve()) : resolve(),
  )

let isLoading = true
/** While the project's modules load nothing is open yet, and they may never come to an end. */
const letGo = () => (isLoading ? process.exit(0) : stop.abort())
process.on('disconnect', letGo)
process.on('message', ({ kind }: ToDev) => (kind === 'open' ? open() : letGo()))
const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))

/** The config, what it imports, and `.env` beside it. */
async function load(): Promise<void> {
  await enableTypeScript()
  const graph = new ModuleGraph(({ path, mark }) => {
    void say(mark === null ? { kind: 'missing', path } : { kind: 'file', path, mark })
  })
  const path = configPath(io.cwd, order.config ?? undefined)
  const env = join(path === null ? io.cwd : dirname(path), '.env')
  void say({ kind: 'file', path: env, mark: markOf(env) })
  if (path === null) void say({ kind: 'missing', path: join(io.cwd, order.config ?? 'midwatch.config.ts') })
  await call.project().finally(() => graph.flush())
}

/** Starts to work runs, and gives what watches over those that other code left. */
async function begin(): Promise<{ readonly mw: Midwatch; readonly adoption: Adoption }> {
  let adoption: Adoption | undefined
  const serving: Parameters<typeof assembled>[2] = async (definitions, ledger) => {
    const serves = new Set([...definitions.values()].map(({ name }) => name))
    adoption = new Adoption({ ledger, clock: io.clock, serves, tell: (line) => void say({ kind: 'told', line }) })
    await adoption.note()
    return takingOver(definitions, await ledger.pins())
  }
  const mw = await assembled(call, {}, serving)
  if (adoption) return { mw, adoption }
  throw new Error('It was not asked what it serves.')
}

async function work(): Promise<void> {
  await load()
  isLoading = false
  const { mw, adoption } = await begin()
  try {
    await say({ kind: 'loaded' })
    await Promise.race([opened, stopped])
    if (!stop.signal.aborted) {
      const where = await call.storeAt()
      const text = greeting(mw.definitions, { on: storeText(where), url: null })
      const serves = mw.definitions.map(({ name, version }) => `${name}@${version}`)
      await say({ kind: 'ready', text, data: { ready: true, serves, url: null, pid: process.pid } })
      await adoption.tryAll(stop.signal)
    }
  } finally {
    const over = mw.stop()
    await say({ kind: 'freed' })
    await over
  }
}

try {
  await work()
  process.exit(0)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  await say({ kind: 'unloadable', message })
  process.exit(1)
}
