import type { BenchOptions } from './options.js'
import type { Section } from './section.js'

/** Tells whoever waits how far the bench has come, and about how long the rest takes on this machine. */
export class Progress {
  #expected = 0
  #took = 0
  #from = 0

  constructor(
    private readonly sections: readonly Section[],
    private readonly options: BenchOptions,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** A section begins; what is said of it. */
  begin(section: Section): string {
    this.#from = this.nowMs()
    const at = this.sections.indexOf(section)
    const left = this.sections.slice(at).reduce((sum, one) => sum + one.seconds(this.options), 0)
    return `[${at + 1}/${this.sections.length}] ${section.name}; about ${minutes(left * this.#pace)} left`
  }

  end(section: Section): void {
    this.#expected += section.seconds(this.options)
    this.#took += (this.nowMs() - this.#from) / 1_000
  }

  /** How long things take here beside what was expected. */
  get #pace(): number {
    return this.#expected === 0 ? 1 : this.#took / this.#expected
  }
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`
}
