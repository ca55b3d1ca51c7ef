import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import { DEFAULT_HOME, type OpenStore, openToOperate } from '../runtime/operator.js'
import type { MidwatchOptions } from '../runtime.js'
import { configPath, loadConfig } from './config.js'
import type { Io } from './io.js'

/** The project's config as it was read. */
export interface Project {
  readonly options: MidwatchOptions
  /** Its file; null where it was given by other means. */
  readonly path: string | null
}

/** Where a store is: a database that is named, or the embedded one below a folder. */
export type StoreAt = { readonly databaseUrl: string; readonly directUrl?: string } | { readonly home: string }

const LAST_PORT = 65_535

/** One call of a command: what was written, and what it needs, opened at the first asking and closed at the end. */
export class Call {
  #project: Promise<Project> | null = null
  #lenient: Promise<Project | null> | null = null
  #store: Promise<OpenStore> | null = null

  constructor(
    readonly io: Io,
    readonly args: readonly string[],
    readonly options: Readonly<Record<string, unknown>>,
  ) {}

  arg(at: number): string {
    return this.args[at] ?? ''
  }

  text(option: string): string | undefined {
    const value = this.options[option]
    return typeof value === 'string' ? value : undefined
  }

  /** Every value of an option that may be given again and again. */
  texts(option: string): readonly string[] {
    const values = this.options[option]
    return Array.isArray(values) ? values.map(String) : []
  }

  /** A whole number, from `least` on. Throws `usage`. */
  whole(option: string, least: number): number | undefined {
    const value = this.text(option)
    if (value === undefined) return undefined
    const number = Number(value)
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number
    throw new MidwatchError('usage', `--${option} '${value}': give a whole number from ${least} on.`)
  }

  /** The port that is named. Throws `usage`. */
  port(): number | undefined {
    const port = this.whole('port', 0)
    if (port === undefined || port <= LAST_PORT) return port
    throw new MidwatchError('usage', `--port ${port}: the last there is is ${LAST_PORT}.`)
  }

  flag(option: string): boolean {
    return this.options[option] === true
  }

  get json(): boolean {
    return this.flag('json')
  }

  get by(): string {
    return this.text('by') ?? this.io.user
  }

  /** The project's config. Throws `invalid_config` when there is none, `config_hangs` when its import does not end. */
  project(): Promise<Project> {
    return this.#within(LIMITS.config_load_ms)
  }

  /** One import serves all who ask, however long each of them waits for it. */
  async #within(ms: number): Promise<Project> {
    this.#project ??= this.#read()
    const stop = new AbortController()
    const late = this.io.clock.sleep(ms, stop.signal).then(() => null)
    const project = await Promise.race([this.#project, late]).finally(() => stop.abort())
    if (project !== null) return project
    throw new MidwatchError(
      'config_hangs',
      `${configPath(this.io.cwd, this.text('config'))} is still being imported after ${ms / 1_000} s. Something that it or its imports await never comes: look for a top-level await.`,
    )
  }

  /**
   * The config where there is one that can be read. One that cannot, or whose import does not end, must not keep anybody
   * from stopping a fleet: it is told, and the environment alone decides. A file named with --config is meant, and must be readable.
   */
  async projectIfAny(): Promise<Project | null> {
    const named = this.text('config') !== undefined || this.io.given?.options !== undefined
    if (!named && configPath(this.io.cwd) === null) return null
    if (named) return this.project()
    this.#lenient ??= this.#within(LIMITS.config_look_ms).catch((error) => {
      if (!(error instanceof MidwatchError)) throw error
      this.io.err(`midwatch: going on without the config. ${error.message}\n`)
      return null
    })
    return this.#lenient
  }

  async #read(): Promise<Project> {
    const { io } = this
    if (io.given?.options) return { options: io.given.options, path: null }
    const file = this.text('config')
    const config = await loadConfig(io.cwd, file)
    const path = configPath(io.cwd, file)
    if (Array.isArray(config.run)) return { options: config as unknown as MidwatchOptions, path }
    throw new MidwatchError('invalid_config', `${path}: 'run' must be an array of agents and flows.`)
  }

  /** The ledger of this project; it is never made here. Throws `invalid_config` when there is none. */
  async ledger(): Promise<Ledger> {
    return (await this.store()).ledger
  }

  store(): Promise<OpenStore> {
    this.#store ??= this.#open()
    return this.#store
  }

  async #open(): Promise<OpenStore> {
    const { given } = this.io
    if (given?.ledger) return { ledger: given.ledger, url: '', close: () => Promise.resolve() }
    return openToOperate(existing(await this.storeAt()))
  }

  /** Config first, then the environment, then `.midwatch`: the same order as the runtime's. */
  async storeAt(): Promise<StoreAt> {
    const options = (await this.projectIfAny())?.options
    const databaseUrl = options?.databaseUrl ?? this.io.env.DATABASE_URL
    const directUrl = options?.directUrl ?? this.io.env.DATABASE_DIRECT_URL
    if (databaseUrl) return { databaseUrl, ...(directUrl && { directUrl }) }
    return { home: resolve(this.io.cwd, options?.home ?? DEFAULT_HOME) }
  }

  async close(): Promise<void> {
    const store = await this.#store?.catch(() => null)
    await store?.close()
  }
}

function existing(at: StoreAt): StoreAt {
  if ('databaseUrl' in at || existsSync(at.home)) return at
  throw new MidwatchError(
    'invalid_config',
    `There is no ledger here: DATABASE_URL is not set and ${at.home} does not exist. 'midwatch start' makes one; or go to the project's folder, or set DATABASE_URL.`,
  )
}
