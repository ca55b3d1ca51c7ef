import { type JsonValue, toJson } from '../../core/json.js'
import type { Outcome } from '../../core/states.js'
import type { Activation } from '../../orchestrator/activation.js'
import type { Branch } from '../../orchestrator/branch.js'
import type { StepRecord } from '../../orchestrator/journal.js'
import { EndedValue } from '../../orchestrator/outcome.js'
import type { StepResult } from '../../orchestrator/result.js'
import { wholeResult } from '../../orchestrator/stored.js'
import { GovernedEnd } from './told.js'

/** One step that an outer loop wants made. */
export interface Ask<T> {
  /** What it is and a digest of what is asked: its identity, whatever the order in which a loop asks. */
  readonly name: string
  /** Digest that a replay compares. */
  readonly args: string
  perform(branch: Branch, record: StepRecord): Promise<StepResult>
  /** What the loop is given for the step's result; throws what it is to be told instead. */
  read(branch: Branch, result: StepResult, step: string): T | Promise<T>
}

interface Asked extends Ask<unknown> {
  give(value: unknown): void
  fail(error: unknown): void
}

/**
 * The place in this process from which an outer loop drives one governed run. It remembers what was asked, in order: so
 * whichever activation the run gets (after a park, a lost ledger, a takeover) is asked all of it again, and the loop only
 * ever waits for its answers.
 */
export class Seat {
  readonly #asked: Asked[] = []
  readonly #open = new Set<Asked>()
  #branch: Branch | null = null
  #over: Error | null = null
  #outcome: Outcome<JsonValue> | null = null
  #ending: unknown
  #end: (output: unknown) => void = () => undefined
  readonly #output: Promise<unknown>
  #told: (() => void)[] = []
  #lastAt = Date.now()

  constructor(readonly runId: string) {
    this.#output = new Promise((end) => {
      this.#end = end
    })
  }

  /** How the run ended, as far as this process knows. */
  get outcome(): Outcome<JsonValue> | null {
    return this.#outcome
  }

  get isOver(): boolean {
    return this.#over !== null
  }

  /** True while the loop waits for no answer; since when, by this machine's clock. */
  get idleSince(): number | null {
    return this.#open.size > 0 ? null : this.#lastAt
  }

  /** The function of the run's flow: gives the branch to the loop and lasts until that says what came of it. */
  drive(branch: Branch): Promise<unknown> {
    this.#branch = branch
    for (const asked of this.#asked) void this.#issue(branch, asked)
    this.#tell()
    return this.#output
  }

  /** One step, performed once and replayed afterwards. Rejects with `GovernedEnd` once the run is over. */
  ask<T>(ask: Ask<T>): Promise<T> {
    if (this.#over) return Promise.reject(this.#over)
    return new Promise<T>((resolve, reject) => {
      const asked: Asked = { ...ask, give: (value) => resolve(value as T), fail: reject }
      this.#asked.push(asked)
      this.#open.add(asked)
      if (this.#branch) void this.#issue(this.#branch, asked)
    })
  }

  async #issue(branch: Branch, asked: Asked): Promise<void> {
    const step = branch.peek(asked.name)
    const result = await branch.step(asked.name, asked.args, (record) => asked.perform(branch, record))
    if (!this.#open.has(asked)) return
    try {
      const whole = await wholeResult(branch.run, result)
      const value = await asked.read(branch, whole, step)
      this.#close(asked)
      asked.give(value)
    } catch (error) {
      this.#close(asked)
      asked.fail(error)
    }
  }

  #close(asked: Asked): void {
    this.#open.delete(asked)
    this.#lastAt = Date.now()
  }

  /** Ends the run with what its loop came to; resolves once it has ended, perhaps otherwise. Throws for what is no JSON. */
  async end(output: unknown): Promise<Outcome<JsonValue>> {
    if (this.#ending === undefined) {
      this.#ending = output instanceof EndedValue ? output : toJson(output ?? null)
      this.#end(this.#ending)
    }
    await this.finished()
    if (this.#outcome === null) throw this.#over
    return this.#outcome
  }

  /** Ends it as failed: its loop threw. */
  fail(error: unknown): Promise<Outcome<JsonValue>> {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 500)
    return this.end(new EndedValue({ status: 'failed', code: 'loop_threw', owner: 'orchestration', message }))
  }

  /** The run has ended, whoever ended it. */
  over(outcome: Outcome<JsonValue>): void {
    this.#outcome = outcome
    this.leave(new GovernedEnd(this.runId, outcome))
  }

  /** Nothing more can be asked from here: the run is over, or is no longer this process's to drive. */
  leave(why: Error): void {
    if (this.#over) return
    this.#over = why
    for (const asked of this.#open) asked.fail(why)
    this.#open.clear()
    this.#asked.length = 0
    this.#tell()
  }

  /** Resolves once the run can be asked, or is over. */
  ready(): Promise<void> {
    return this.#until(() => this.#branch !== null || this.isOver)
  }

  finished(): Promise<void> {
    return this.#until(() => this.isOver)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((go) => this.#told.push(go))
  }

  #tell(): void {
    for (const go of this.#told.splice(0)) go()
  }
}

/** A step that is over ends the run where its policy says so; what it says otherwise is for the loop. */
export function endsRun(run: Activation, result: StepResult): Promise<never> {
  return run.finish(result as Outcome<JsonValue>)
}
