import type { FromChild, ToChild } from './isolated-wire.js'
import { type Nursling, nurse } from './nursery.js'

/** What became of a child while it loaded its module. */
export type Loaded = 'ready' | 'unloadable' | 'gone'

const LINE_CHARS = 4_000

/** One child that loads one module and makes at most one call. It never keeps this process alive by itself. */
export class IsolatedProcess {
  /** Resolves once the module is loaded, or will never be; it has not acted by then. */
  readonly loaded: Promise<Loaded>
  /** What its lines on stderr are marked with, and how they are cleaned. */
  label: string
  conceal: (text: string) => string = (text) => text
  readonly #child: Nursling
  #gone = false
  #hear: (message: FromChild) => void = () => undefined
  #over: (why: string) => void = () => undefined

  constructor(
    readonly module: string,
    readonly memoryMb: number,
  ) {
    this.label = `tools of ${module}`
    let settle: (loaded: Loaded) => void = () => undefined
    this.loaded = new Promise((resolve) => {
      settle = resolve
    })
    this.#child = nurse(module, memoryMb, {
      said: (message) => {
        if (message.kind === 'ready') settle('ready')
        else if (message.kind === 'unloadable') {
          this.#print(`could not be loaded: ${message.message}`)
          settle('unloadable')
        } else this.#hear(message)
      },
      printed: (line) => this.#print(line),
      ended: (why) => {
        this.#gone = true
        settle('gone')
        this.#over(why)
      },
    })
  }

  get gone(): boolean {
    return this.#gone
  }

  /** Whether this process stays alive for the child's answer. */
  hold(held: boolean): void {
    this.#child.hold(held)
  }

  /** From now on: every message, and the end if there is no answer before it. */
  follow(hear: (message: FromChild) => void, over: (why: string) => void): void {
    this.#hear = hear
    this.#over = over
  }

  send(message: ToChild): void {
    this.#child.say(message)
  }

  /** At once and without a word; with everything the tool started in its group. */
  kill(): void {
    if (!this.#gone) this.#child.kill()
  }

  #print(line: string): void {
    process.stderr.write(`[${this.label}] ${this.conceal(line).slice(0, LINE_CHARS)}\n`)
  }
}
