import type { ChildProcess } from 'node:child_process'
import { MidwatchError } from '../../core/errors.js'
import { killGroup } from '../../tools/kill-group.js'
import { forkOwn } from '../../tools/own-copy.js'
import type { Case } from './case.js'
import type { How, Played } from './played.js'
import type { FromPlayer, PlayerOrder, ToPlayer } from './player-wire.js'

const ENTRY = new URL('./player-child.js', import.meta.url)
const LAST_WORDS_CHARS = 2_000
/** Twenty cases or so: by then all but the last one are over, and nothing of them has to be moved. */
const YOUNG_MB = 64

/** How a chunk of cases ended: with what they came to, or with the case that the process went down in. */
export type ChunkEnd = { readonly played: Played } | { readonly at: number; readonly why: string }

/** One process that plays cases, a chunk at a time. */
export class PlayerProcess {
  readonly #child: ChildProcess
  readonly #ready: Promise<void>
  #at = 0
  #words = ''
  #why: string | null = null
  #heard: (message: FromPlayer) => void = () => undefined
  #watch: NodeJS.Timeout | null = null

  constructor(
    order: PlayerOrder,
    private readonly hangMs: number,
  ) {
    this.#child = forkOwn(ENTRY, [JSON.stringify(order)], { youngMb: YOUNG_MB })
    this.#child.stdout?.resume()
    this.#child.stderr?.on('data', (part) => {
      this.#words = (this.#words + part).slice(-LAST_WORDS_CHARS)
    })
    this.#ready = new Promise((resolve, reject) => {
      this.#child.once('close', () => reject(unloadable(this.#words.trim() || 'its process ended')))
      this.#child.on('message', (message: FromPlayer) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'unloadable') reject(unloadable(message.message))
        else this.#heard(message)
      })
    })
    this.#ready.catch(() => undefined)
  }

  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || !this.#child.connected
  }

  /**
   * `at` is told of each case that begins. Rejects with `invalid_rehearsal` where the files cannot be loaded, with
   * `invalid_definition` where the scenario cannot be played.
   */
  async play(cases: readonly Case[], how: How, at: () => void): Promise<ChunkEnd> {
    await this.#ready
    this.#at = 0
    const message: ToPlayer = { kind: 'play', cases, how }
    return new Promise((resolve, reject) => {
      const rest = () => {
        if (this.#watch) clearTimeout(this.#watch)
        this.#child.off('close', close)
      }
      const end = (ended: ChunkEnd) => {
        rest()
        resolve(ended)
      }
      const close = (code: number | null, signal: string | null) =>
        end({ at: this.#at, why: this.#why ?? `its process ended (${signal ?? `exit code ${code}`})${this.#said()}` })
      this.#child.once('close', close)
      this.#heard = (heard) => {
        if (heard.kind === 'played') end({ played: heard.played })
        if (heard.kind === 'unplayable') {
          rest()
          reject(new MidwatchError('invalid_definition', heard.message))
        }
        if (heard.kind !== 'at') return
        this.#at = heard.at
        this.#rewind()
        at()
      }
      this.#rewind()
      // Where the channel has just broken, the end of the process tells.
      this.#child.send(message, () => undefined)
    })
  }

  kill(): void {
    killGroup(this.#child.pid)
  }

  #rewind(): void {
    if (this.#watch) clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#why = `it hung: no end after ${this.hangMs / 1_000} s`
      this.kill()
    }, this.hangMs)
  }

  #said(): string {
    const last = this.#words.trim()
    return last === '' ? '' : `: ${last}`
  }
}

function unloadable(message: string): MidwatchError {
  return new MidwatchError('invalid_rehearsal', message)
}
