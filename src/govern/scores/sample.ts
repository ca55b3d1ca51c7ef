import { sha256 } from '../../core/digest.js'

/** Hex digits that make a number of 52 bits. */
const DIGITS = 13

/** Whether a run is among the share that is scored: by its id alone, so that whoever asks, and however often, hears the same. */
export function isSampled(runId: string, name: string, share: number): boolean {
  return Number.parseInt(sha256(`${runId}|score|${name}`).slice(0, DIGITS), 16) / 16 ** DIGITS < share
}
