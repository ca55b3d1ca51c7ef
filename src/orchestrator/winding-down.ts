import type { JsonValue } from '../core/json.js'
import type { Outcome } from '../core/states.js'
import type { WindDown } from '../govern/wind-down.js'

/** How a run is about to end, and with what it goes on as another one. */
export interface Ending {
  readonly outcome: Outcome<JsonValue>
  readonly next?: { readonly input: JsonValue }
}

/**
 * An ending that waits until nothing below the run goes on any more, and since when; `unwinds`: then for what is to become of
 * the effects that it confirmed.
 */
export type WindingDown = Ending & { readonly since: number; readonly unwinds?: Exclude<WindDown, 'leave'> }
