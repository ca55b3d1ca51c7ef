import type { Admitted } from '../core/admission.js'
import type { Ledger } from '../core/ledger.js'
import type { Answer, Op } from '../core/ops.js'
import type { Clock } from '../core/time.js'
import type { Chance } from './chance.js'
import type { Fates } from './fates.js'
import type { FaultName } from './fault.js'
import type { Message, ScenarioOptions, Stage, Story } from './scenario.js'
import type { Act } from './verdict.js'
import type { WorldTime } from './world-time.js'

/** What was done outside in one case, kept by whoever did it: no worker can lose it. */
export interface Witness {
  record(act: Act): void
  readonly acts: readonly Act[]
  /** A fault is about to make a model propose this, with arguments of its own: an act that comes of it is meant by nobody. */
  suspect(act: Pick<Act, 'tool' | 'input' | 'runId'>, fault: FaultName): void
  /** The fault that an act came of; undefined for one that was meant. */
  blameFor(act: Act): FaultName | undefined
  /** The scenario's own code went wrong, a sentence: what the case shows is then of no worth. */
  slip(what: string): void
  /** Each once. */
  readonly slips: ReadonlySet<string>
}

/** One case while it is played, as everybody around the workers sees it. */
export interface Surroundings {
  readonly scenario: ScenarioOptions<unknown>
  readonly story: Story
  readonly stage: Stage
  readonly world: unknown
  /** What `stage.sleep` goes by. */
  readonly worldTime: WorldTime
  readonly chance: Chance
  readonly fates: Fates
  readonly witness: Witness
  /** Virtual time of nobody's machine: true time. */
  readonly clock: Clock
  /** The ledger itself, always in reach: for people and operators, who come by other ways than the workers. */
  readonly ledger: Ledger
  /** Admits a message, as often as it is called with it. */
  readonly admit: (message: Message) => Promise<void>
  /** Starts a run of a flood under this key; null where nothing bounds what waits. */
  readonly flood: ((key: string) => Promise<Admitted>) | null
}

/** Somebody who is around while a case is played: messengers, people, operators. Lives on virtual time alone. */
export interface Actor {
  start?(): void
  /** Ops were worked, whoever sent them. Called in the ledger's turn: what it sets going comes later. */
  wrote?(ops: readonly Op[], answers: readonly Answer[]): void
  /** True while it has something under way that the case must wait for. */
  readonly busy?: boolean
}
