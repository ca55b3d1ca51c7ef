import type { Verdict } from './verdict.js'

/**
 * What a ceiling does when it has no room. end: the run ends as `exhausted` · tell: the model reads a refusal ·
 * wait: until the window is over · or a person is asked (`escalate(…)`): approval means look again, never a waiver.
 */
export type Breach = 'end' | 'tell' | 'wait' | Verdict
