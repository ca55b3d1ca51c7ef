import type { TraceContext } from '../core/trace.js'
import { type Above, withShare } from '../govern/above.js'
import type { Ceiling } from '../govern/ceilings.js'
import type { AdmitBody } from './bodies.js'
import type { Definition } from './definition.js'

/** What a run owes to the runs above it. A run without any has its policy's ceilings and nothing else. */
export interface Kin {
  /** Its policy's ceilings, with the share of its parent's that it was given. */
  readonly ceilings: readonly Ceiling[]
  /** The root first. */
  readonly above: readonly Above[]
  readonly share: AdmitBody['share']
  /** Set for an item of a map: the step of its parent that says what to do with it, and its key. */
  readonly item: AdmitBody['map']
  /** The caller's trace. */
  readonly trace: TraceContext | undefined
}

export function kinOf(
  { ceilings }: Pick<Definition, 'ceilings'>,
  { above, share, map, trace }: Partial<AdmitBody>,
): Kin {
  return { ceilings: withShare(ceilings, share ?? []), above: above ?? [], share, item: map, trace }
}
