import {
  BOUND_KINDS,
  type BoundKind,
  type BoundScope,
  beginRate,
  canBegin,
  MARK_MS,
  type Overload,
  PRIORITIES,
  RATE_MS,
  retryAfterMs,
} from '../../core/queues.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'

/** A bound as an operator set it. */
interface Bound {
  readonly max: number
  readonly by: string
  readonly at: EpochMs
}

/** What is known of a line that has a bound. */
export interface Line {
  readonly scope: BoundScope
  readonly kind: BoundKind
  readonly name: string
  /** Places that are known to be free. */
  room: number
  fullUntil: EpochMs
  admitted: number
  refused: number
  late: number
  shed: number
  mark: { readonly at: EpochMs; readonly depth: number; readonly admitted: number; readonly shed: number } | null
  rate: number | null
  rateAt: EpochMs | null
  toldAt: EpochMs | null
}

/** A run as its lines see it. */
export type InLine = Pick<Run['admission'], 'agent' | 'queue' | 'tenant'>

/** Bounds, and the lines in which they count. */
export class LineTable {
  readonly bounds = new Map<BoundScope, Bound>()
  readonly lines = new Map<BoundScope, Line>()

  /** The lines of a run that have a bound, in the order of their names. */
  of(run: InLine): readonly { readonly line: Line; readonly max: number }[] {
    if (this.bounds.size === 0) return []
    return BOUND_KINDS.flatMap((kind) => {
      const max = this.boundOn(`${kind}:${run[kind]}`)?.max
      return max === undefined ? [] : [{ line: this.#line(kind, run[kind]), max }]
    })
  }

  /** Its own bound, or that of every one of its kind. */
  boundOn(scope: BoundScope): Bound | undefined {
    return this.bounds.get(scope) ?? this.bounds.get(`${partsOf(scope)[0]}:*`)
  }

  set(scope: BoundScope, bound: Bound | null): void {
    if (bound === null) this.bounds.delete(scope)
    else this.bounds.set(scope, bound)
    for (const line of this.lines.values()) {
      if (line.scope === scope || scope === `${line.kind}:*`) {
        Object.assign(line, { room: 0, fullUntil: 0, mark: null, rate: null, rateAt: null })
      }
    }
  }

  #line(kind: BoundKind, name: string): Line {
    const scope: BoundScope = `${kind}:${name}`
    const known = this.lines.get(scope)
    if (known) return known
    const line: Line = {
      ...{ scope, kind, name, room: 0, fullUntil: 0, admitted: 0, refused: 0, late: 0, shed: 0 },
      ...{ mark: null, rate: null, rateAt: null, toldAt: null },
    }
    this.lines.set(scope, line)
    return line
  }
}

/** `tenant:acme` is of a tenant, acme. */
export function partsOf(scope: BoundScope): readonly [kind: BoundKind, name: string] {
  const at = scope.indexOf(':')
  return [scope.slice(0, at) as BoundKind, scope.slice(at + 1)]
}

export const isInLine = ({ kind, name }: Line, { admission }: Run): boolean => admission[kind] === name

export const urgencyOf = ({ admission }: Run): number => PRIORITIES.indexOf(admission.priority ?? 'normal')

/** Asked for from outside, and not begun. */
export const waitsToBegin = ({ state, admission, kin }: Run): boolean =>
  state === 'queued' && kin.parent === null && kin.continues === null && !admission.owed

/** May be ended before it begins: nobody was promised that it would be worked. */
export const isSheddable = (run: Run): boolean => waitsToBegin(run) && run.admission.session === null

/** Counts a line that is not known to have room, or was last counted a while ago. */
export function count(line: Line, max: number, waiting: readonly Run[], at: EpochMs): void {
  const isMarked = line.mark !== null && at < line.mark.at + MARK_MS
  if (isMarked && ((line.room > 0 && line.room <= max) || (line.room <= 0 && at < line.fullUntil))) return
  const depth = Math.min(max + 1, waiting.filter((run) => isInLine(line, run)).length)
  line.room = max - depth
  line.fullUntil = line.room <= 0 ? at + Math.floor(max / 100) : 0
  if (isMarked) return
  if (line.mark) {
    const { mark, admitted, shed } = line
    const begun = admitted - mark.admitted - (shed - mark.shed) - (depth - mark.depth)
    const rate = beginRate(mark.depth, begun, at - mark.at)
    if (rate !== null) Object.assign(line, { rate, rateAt: at })
  }
  line.mark = { at, depth, admitted: line.admitted, shed: line.shed }
}

/** The rate, while it is known. */
export const rateOf = ({ rate, rateAt }: Line, at: EpochMs): number | null =>
  rateAt === null || at >= rateAt + RATE_MS ? null : rate

/** Why a run of this tenant finds no place in a line that was counted; null when it may, or when somebody else has to go for it. */
export function lateIn(
  line: Line,
  max: number,
  run: { readonly tenant: string; readonly level: number; readonly deadlineMs: number },
  waiting: readonly Run[],
  at: EpochMs,
): Overload | null {
  const rate = rateOf(line, at)
  const most = rate === null ? null : canBegin(rate, run.deadlineMs)
  if (most === null || max - line.room <= most) return null
  const ahead = waiting.filter(
    (one) => isInLine(line, one) && one.admission.tenant === run.tenant && urgencyOf(one) >= run.level,
  )
  if (ahead.length <= most) return null
  return { scope: line.scope, why: 'late', retryAfterMs: retryAfterMs(max - line.room, rate) }
}
