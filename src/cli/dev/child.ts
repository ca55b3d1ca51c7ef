/**
 * The process with the project's code under `midwatch dev`: it loads the config, tells what that is made of, works runs, and
 * lets go when it is told to or when whoever started it is gone.
 */
import { dirname, join } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import type { WithHttp } from '../../http/options.js'
import type { Listening } from '../../http/server.js'
import { enableTypeScript } from '../../runtime/own-copy.js'
import { takingOver } from '../../runtime/take-over.js'
import type { Midwatch } from '../../runtime.js'
import { assembled } from '../assembled.js'
import { Call } from '../call.js'
import { configPath } from '../config.js'
import { systemIo } from '../io.js'
import { HOST, listening, storeText } from '../serve.js'
import { Adoption } from './adoption.js'
import { greeting } from './greeting.js'
import { markOf } from './mark.js'
import { ModuleGraph } from './module-graph.js'
import type { DevOrder, FromDev, ToDev } from './wire.js'

/** The next code waits for the port: streams are cut after so long, and their readers come again. */
const STREAMS_MS = 500

const order = JSON.parse(process.argv[2] ?? '{}') as DevOrder
const io = systemIo()
const asked = { port: String(order.port), ...(order.config !== null && { config: order.config }) }
const call = new Call(io, [], asked)
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

/** On the port that was named; where that is taken on any that is free, which is told. Its API is open unless the config says otherwise. */
async function answer(mw: Midwatch): Promise<Listening> {
  const { http = {} } = (await call.project()).options as WithHttp
  const options = { access: 'open', ...http } as const
  try {
    return await listening(mw, options, { host: HOST, port: order.port })
  } catch (error) {
    if (!(error instanceof MidwatchError) || error.code !== 'port_taken') throw error
    await say({ kind: 'told', line: `Port ${order.port} is taken: the API answers at another.` })
    return listening(mw, options, { host: HOST, port: 0 })
  }
}

async function work(): Promise<void> {
  await load()
  isLoading = false
  const { mw, adoption } = await begin()
  let server: Listening | null = null
  try {
    await say({ kind: 'loaded' })
    await Promise.race([opened, stopped])
    if (!stop.signal.aborted) {
      server = await answer(mw)
      await greet(mw, server.url)
      await adoption.tryAll(stop.signal)
    }
  } finally {
    await server?.close(STREAMS_MS)
    const over = mw.stop()
    await say({ kind: 'freed' })
    await over
  }
}

async function greet(mw: Midwatch, url: string): Promise<void> {
  const text = greeting(mw.definitions, { on: storeText(await call.storeAt()), url })
  const serves = mw.definitions.map(({ name, version }) => `${name}@${version}`)
  const data = { ready: true, serves, url, pid: process.pid }
  await say({ kind: 'ready', text, data, port: Number(new URL(url).port) })
}

try {
  await work()
  process.exit(0)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  await say({ kind: 'unloadable', message })
  process.exit(1)
}
