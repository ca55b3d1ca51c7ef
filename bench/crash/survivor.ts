import type { Result } from '../result.js'

/** What a contender is given that will be killed. */
export interface Scene {
  readonly url: string
  /** Where a server of its own is found that outlives it; null where it has none. */
  readonly server: string | null
  /** What a step does to the world. The process may be killed within it: done, and not yet written down. */
  readonly effect: (run: string, step: number, key?: string) => Result
  /** Whether a step's effect is in the world. */
  readonly isDone: (run: string, step: number) => boolean
}

/** A contender in a process that dies: the next one goes on with its runs. */
export interface Survivor {
  /** Starts a run of so many steps; resolves when it has ended. */
  begin(run: string, steps: number): Promise<void>
  /**
   * What it takes, by its documentation, for a run to go on whose process died. Resolves when it has ended, or
   * waits for a person.
   */
  goOn(run: string, steps: number): Promise<'ended' | 'with a person'>
  close(): Promise<void>
}
