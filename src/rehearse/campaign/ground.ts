import { createHash } from 'node:crypto'
import type { FaultName } from '../fault.js'
import type { Scenario } from '../scenario.js'
import type { Verdict } from '../verdict.js'
import { type BrokenThing, brokenThings, thingKey } from './broken-thing.js'
import { type Case, caseKey, exactly } from './case.js'
import { Corpus } from './corpus.js'
import { Coverage } from './coverage.js'
import { append, type Lost, nothingPlayed, type Played } from './played.js'
import { ALIKE } from './player.js'

/** Something that broke, with the first cases that broke it. */
export interface Finding {
  readonly thing: BrokenThing
  readonly examples: readonly { readonly case: Case; readonly verdict: Verdict }[]
}

/** All that is known of one scenario in a campaign. Batches are taken in as they were handed out, and nothing here knows who played them. */
export class Ground {
  readonly coverage = new Coverage()
  readonly corpus = new Corpus()
  readonly all: Played
  readonly #findings = new Map<string, { thing: BrokenThing; examples: { case: Case; verdict: Verdict }[] }>()
  readonly #digests = createHash('sha256')
  readonly #played = new Set<string>()

  constructor(
    readonly scenario: Scenario,
    readonly faults: readonly FaultName[],
    naive: boolean,
    private readonly learned: () => void = () => undefined,
  ) {
    this.all = nothingPlayed(naive)
  }

  get stories(): readonly string[] {
    return this.scenario.options.stories.map(({ name }) => name)
  }

  get findings(): readonly Finding[] {
    return [...this.#findings.values()]
  }

  get lost(): readonly Lost[] {
    return this.all.lost
  }

  /** Digest of the digests of all cases, in order. */
  get digest(): string {
    return this.#digests.copy().digest('hex')
  }

  /** A case of this scenario. */
  case(story: string, seed: number, strikes: Case['strikes']): Case {
    return { scenario: this.scenario.name, story, seed, strikes }
  }

  /** False where a case was planned before that is played alike. */
  isNew(one: Case): boolean {
    const before = this.#played.size
    return this.#played.add(caseKey(one)).size > before
  }

  learn(cases: readonly Case[], played: Played): void {
    for (const digest of played.digests) this.#digests.update(`${digest}\n`)
    for (const news of played.news) {
      const one = cases[news.at]
      if (!one) continue
      const elsewhere = this.coverage.learn(one, news)
      const otherwise = news.shape !== null && this.corpus.learnShape(one.story, news.shape)
      if (elsewhere || otherwise) this.corpus.keep(one, news.struck)
    }
    for (const { at, verdict } of played.failures) {
      const one = cases[at]
      if (one) this.#found(exactly(one, verdict), verdict)
    }
    append(this.all, { ...played, digests: [], struck: [], news: [], failures: [], verdicts: [], beyond: [] }, 0)
    this.learned()
  }

  #found(one: Case, verdict: Verdict): void {
    for (const thing of brokenThings(verdict)) {
      const key = thingKey(thing)
      const finding = this.#findings.get(key) ?? { thing, examples: [] }
      this.#findings.set(key, finding)
      if (finding.examples.length < ALIKE) finding.examples.push({ case: one, verdict })
    }
  }
}
