import type { JsonValue } from '../core/json.js'
import type { RunRow } from '../core/run-row.js'
import type { Outcome } from '../core/states.js'
import type { Effected, Remaining, WoundDown } from '../core/wound-down.js'
import type { WindDown, WindDownPlan } from '../govern/wind-down.js'
import type { ToolSpec } from '../tools/spec.js'
import type { Book } from './book.js'
import type { Intent, Journal } from './journal.js'
import type { Ending } from './winding-down.js'

/** Limits on the run's own meters, smallest units, that hold while it is wound down. */
export type Room = Readonly<Record<string, number>>

/** Where the steps of a wind-down stand: none of the flow's own is called so. */
export const WIND_DOWN = 'wind_down/'

/** What an activation knows of the wind-down that it works. */
export class Unwinding {
  room: Room = {}
  /** Why effects stand, by the entry that began them. */
  readonly why = new Map<number, Pick<Remaining, 'why' | 'code'>>()
  /** Entries that began what was taken back, by whomever. */
  readonly undone = new Set<number>()
  /** Who decided about what remains. */
  by: string | null = null
}

/** A run that is about to end, as far as its wind-down asks. */
interface Run {
  readonly definition: { readonly policy: { readonly windDown: WindDownPlan | null } }
  readonly book: Book
  readonly journal: Journal
  readonly tools: ReadonlyMap<string, ToolSpec>
  readonly unwinding: Unwinding | null
  now(): number
}

/**
 * True where what the run did must be looked at before it ends: that is written down, and is the business of the next claim,
 * which works it as steps of their own. So a worker that dies in the midst of it is followed by one that goes on there.
 */
export async function startsUnwinding(run: Run, ending: Ending): Promise<boolean> {
  const how = howOf(run, ending)
  if (run.unwinding !== null || run.journal.ending?.unwinds || how === 'leave' || remaining(run).length === 0)
    return false
  const since = run.journal.ending?.since ?? run.now()
  await run.book.note({ about: 'winding_down', detail: { ...ending, since, unwinds: how } as unknown as JsonValue })
  await run.book.writer.flushed()
  return true
}

function howOf({ definition }: Run, { outcome, next }: Ending): WindDown {
  const { windDown } = definition.policy
  if (windDown === null || next !== undefined || outcome.status === 'completed') return 'leave'
  return windDown.byEnd[outcome.status]
}

/** The outcome with what was taken back and what stands: of a run that was wound down, or that a kill kept from it. */
export function withWindDown(run: Run, ending: Ending): Outcome<JsonValue> {
  const { outcome } = ending
  const isKilled = outcome.status === 'killed' && run.definition.policy.windDown !== null
  if (outcome.status === 'completed' || !(isKilled || run.journal.ending?.unwinds)) return outcome
  const windDown = woundDown(run)
  return windDown.undone.length + windDown.remains.length === 0 ? outcome : { ...outcome, windDown }
}

function woundDown(run: Run): WoundDown {
  const by = run.unwinding?.by ?? null
  return {
    undone: [...run.journal.standing().filter((intent) => isUndone(run, intent)), ...run.journal.undone()].map(
      effected,
    ),
    remains: remaining(run),
    ...(by === null ? {} : { by }),
  }
}

/** Effects that stand, or may: the newest first. What need not be taken back is none of them. */
export function remaining(run: Pick<Run, 'journal' | 'tools' | 'unwinding'>): Remaining[] {
  const open = run.journal.open().filter(({ effect }) => effect !== null)
  const doubts = open.filter(({ effect }) => effect?.undoes === undefined).reverse()
  const undoing = open.flatMap(({ effect }) => effect?.undoes ?? [])
  const isInDoubt = ({ effect }: Intent) => undoing.some(({ tool, key }) => tool === effect?.tool && key === effect.key)
  const matters = (intent: Intent) =>
    run.tools.get(intent.body.name ?? '')?.undo !== 'not_needed' && !isUndone(run, intent)
  return [
    ...doubts.filter(matters).map((intent) => ({ ...effected(intent), why: 'in_doubt' as const })),
    ...run.journal
      .standing()
      .filter(matters)
      .map((intent) => ({
        ...effected(intent),
        ...(isInDoubt(intent) ? { why: 'in_doubt' as const } : whyOf(run, intent)),
      })),
  ]
}

function whyOf({ tools, unwinding }: Pick<Run, 'tools' | 'unwinding'>, { seq, body }: Intent) {
  const spec = tools.get(body.name ?? '')
  const usual = spec !== undefined && spec.undo === undefined ? ('no_undo' as const) : ('not_reached' as const)
  return unwinding?.why.get(seq) ?? { why: usual }
}

/** Taken back by what the journal of this run does not hold. */
const isUndone = ({ unwinding }: Pick<Run, 'unwinding'>, { seq }: Intent): boolean =>
  unwinding?.undone.has(seq) ?? false

export const effected = ({ body, step, seq }: Intent): Effected => ({ tool: body.name ?? '', step, seq })

/**
 * Room of its own, so that a run that has used up a ceiling can still take back what it did: what it has used and set aside,
 * and the worst that the plan may cost. Ceilings of tenants, operators and runs above hold as ever.
 */
export function roomFor({ meters }: Pick<RunRow, 'meters'>, undos: readonly { spec: ToolSpec; own: Room }[]): Room {
  const worst: Record<string, number> = {}
  const add = (meter: string, amount: number) => {
    worst[meter] = (worst[meter] ?? 0) + amount
  }
  for (const { spec, own } of undos) {
    add('steps', 1)
    for (const meter of ['tool_calls', 'attempts']) add(meter, spec.attempts)
    add('retries', spec.attempts - 1)
    add('active', spec.attempts * spec.timeoutMs)
    for (const [meter, amount] of Object.entries(own)) add(meter, amount * spec.attempts)
  }
  const before = (meter: string) => (meters[meter]?.used ?? 0) + (meters[meter]?.reserved ?? 0)
  return Object.fromEntries(Object.entries(worst).map(([meter, amount]) => [meter, before(meter) + amount]))
}
