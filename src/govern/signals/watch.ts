import { aBAB } from './a-b-a-b.js'
import { attemptsRising } from './attempts-rising.js'
import { confidenceFalling } from './confidence-falling.js'
import { contextSlope } from './context-slope.js'
import { errorThenSameCall } from './error-then-same-call.js'
import { nearIdenticalReplies } from './near-identical-replies.js'
import { noNewFacts } from './no-new-facts.js'
import { repeatedErrors } from './repeated-errors.js'
import { sameCall } from './same-call.js'
import type { Detector, Happened, Hit } from './signal.js'
import { unconfirmedClaim } from './unconfirmed-claim.js'

/** All signals of one run, in the order in which its journal tells what happened. */
export class SignalWatch {
  readonly #detectors: readonly Detector[]

  /** `writes`: names of the tools that change something outside. */
  constructor(writes: readonly string[]) {
    this.#detectors = [
      sameCall(),
      aBAB(),
      errorThenSameCall(),
      repeatedErrors(),
      noNewFacts(),
      nearIdenticalReplies(),
      attemptsRising(),
      contextSlope(),
      unconfirmedClaim(writes),
      confidenceFalling(),
    ]
  }

  /** What has just become true. */
  see(happened: Happened): Hit[] {
    return this.#detectors.flatMap((detector) => detector(happened) ?? [])
  }
}
