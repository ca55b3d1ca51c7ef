import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../core/time.js'
import { markOf } from './mark.js'

/** How often files are looked at, and how long all must be quiet before a change counts: editors write in several steps. */
const LOOK_MS = 150

/**
 * The files that the code is made of. It looks at each a few times a second and listens to nothing: so it sees a save in
 * place, one by rename, and one in a folder that a container shares, where no event comes.
 */
export class Watch {
  readonly #known = new Map<string, string>()
  /** Folders in which a file that is asked for may appear. */
  readonly #hoped = new Map<string, string>()

  constructor(private readonly clock: Pick<Clock, 'sleep'>) {}

  /** The code is loaded anew: what it is made of will be told again. Files that stay known are those of code at work. */
  know(path: string, mark: string): void {
    this.#known.set(path, mark)
  }

  /** Something of this name is asked for and not there: it may come, under one ending or another. */
  hope(path: string): void {
    const folder = nearest(dirname(path))
    this.#hoped.set(folder, markOf(folder))
  }

  /** While code does not load, anything new beside its files may be what it lacks. */
  hopeBesideAll(): void {
    for (const path of this.#known.keys()) this.hope(path)
  }

  forgetHopes(): void {
    this.#hoped.clear()
  }

  /** The paths that have changed, once all is quiet; [] when it was told to stop. */
  async changed(stop: AbortSignal): Promise<string[]> {
    let before = this.#moved()
    while (!stop.aborted) {
      await this.clock.sleep(LOOK_MS, stop)
      const now = this.#moved()
      const isQuiet = now.size > 0 && [...now].every(([path, mark]) => before.get(path) === mark)
      if (isQuiet && !stop.aborted) return this.#take(now)
      before = now
    }
    return []
  }

  /** Paths whose mark is another than the one that is known. */
  #moved(): Map<string, string> {
    const all = [...this.#known, ...this.#hoped].map(([path, mark]) => ({ path, mark, now: markOf(path) }))
    return new Map(all.filter(({ mark, now }) => mark !== now).map(({ path, now }) => [path, now]))
  }

  #take(moved: ReadonlyMap<string, string>): string[] {
    for (const [path, mark] of moved) {
      if (this.#known.has(path)) this.#known.set(path, mark)
      if (this.#hoped.has(path)) this.#hoped.set(path, mark)
    }
    return [...moved.keys()]
  }
}

function nearest(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearest(dirname(folder))
}
