import { relative, sep } from 'node:path'
import type { Io } from '../io.js'
import { many } from '../words.js'
import { type Begun, Code } from './code.js'
import { Watch } from './watch.js'
import type { DevOrder, FromDev } from './wire.js'

export interface DevOptions {
  readonly io: Io
  readonly order: DevOrder
  readonly stop: AbortSignal
  /** Told each time that code is at work. */
  readonly ready: (text: string, data: unknown) => void
}

/**
 * Keeps the project's code at work, as it is on the disk: each save starts a fresh process, for modules are never loaded
 * twice in one. The new code must load before the old one lets go; where it does not, the old one goes on.
 */
export class Dev {
  readonly #watch: Watch
  /** All that have not ended, draining ones too. */
  readonly #alive = new Set<Code>()
  #now: Code | null = null
  #complaint = ''
  /** Where its API was first, and shall stay. */
  #port: number

  constructor(private readonly options: DevOptions) {
    this.#watch = new Watch(options.io.clock)
    this.#port = options.order.port
  }

  async run(): Promise<void> {
    const { stop } = this.options
    // Whatever ends this process, no code goes on without it.
    const end = () => {
      for (const code of this.#alive) code.endNow()
    }
    process.on('exit', end)
    try {
      while (!stop.aborted) {
        const changed = await this.#turn()
        if (changed.length > 0) this.#line(`Saved: ${this.#names(changed)}. Starting it.`)
      }
    } finally {
      await Promise.all([...this.#alive].map((code) => this.#end(code)))
      process.off('exit', end)
    }
  }

  /** Starts the code as it is, and comes back with what was changed since. */
  async #turn(): Promise<string[]> {
    const code = this.#begin()
    const giveUp = new AbortController()
    const { stop } = this.options
    const leave = () => giveUp.abort()
    stop.addEventListener('abort', leave, { once: true })
    // A save while it loads makes it worthless.
    const early = this.#watch.changed(giveUp.signal)
    const first = await Promise.race([code.begun, early])
    giveUp.abort()
    stop.removeEventListener('abort', leave)
    if (Array.isArray(first)) {
      // It may be starting the embedded server just now, so it is asked to go and not killed.
      void code.drain()
      return first
    }
    const meanwhile = await early
    await this.#came(code, first)
    return meanwhile.length > 0 ? meanwhile : this.#watch.changed(stop)
  }

  #begin(): Code {
    const { io, order } = this.options
    const hearing = {
      heard: (message: FromDev) => this.#heard(code, message),
      out: (text: string) => io.out(text),
      err: (text: string) => io.err(text),
    }
    const code = new Code({ ...order, port: this.#port }, hearing)
    this.#alive.add(code)
    void code.over.then((why) => {
      this.#alive.delete(code)
      if (this.#now === code && !this.options.stop.aborted) {
        this.#now = null
        this.#line(`The code has ended by itself (${why}); nothing works runs. Save a file to start it again.`)
      }
    })
    return code
  }

  async #came(code: Code, begun: Begun): Promise<void> {
    if (!begun.ok) return this.#complain(begun.why)
    this.#complaint = ''
    this.#watch.forgetHopes()
    const old = this.#now
    this.#now = code
    await old?.drain()
    code.open()
  }

  #complain(why: string): void {
    this.#watch.hopeBesideAll()
    const goesOn = this.#now === null ? 'nothing works runs' : 'the code before it goes on'
    const line = `DOES NOT LOAD, ${goesOn}: ${why.replace(/\s+/g, ' ').trim()}`
    if (line !== this.#complaint) this.#line(line)
    this.#complaint = line
  }

  #heard(code: Code, message: FromDev): void {
    if (message.kind === 'file') this.#watch.know(message.path, message.mark)
    if (message.kind === 'missing') this.#watch.hope(message.path)
    if (code !== this.#now) return
    if (message.kind === 'ready') {
      this.#port = message.port
      this.options.ready(message.text, message.data)
    }
    if (message.kind === 'told') this.#line(message.line)
  }

  async #end(code: Code): Promise<void> {
    await code.drain()
    await code.over
  }

  /** Files before the folders that they stand in. */
  #names(paths: readonly string[]): string {
    const files = paths.filter((path) => !paths.some((other) => other.startsWith(path + sep)))
    const [first = '', ...others] = files.map((path) => relative(this.options.io.cwd, path) || path)
    return others.length === 0 ? first : `${first} and ${many(others.length, 'other')}`
  }

  #line(text: string): void {
    this.options.io.err(`${text}\n`)
  }
}
