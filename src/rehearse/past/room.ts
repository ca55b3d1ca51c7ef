import { LIMITS } from '../../core/limits.js'
import { type Ceiling, kindOf, meterScopes } from '../../govern/ceilings.js'
import type { Definition } from '../../orchestrator/definition.js'
import { smallestUnit } from '../../tools/meter.js'
import { check } from '../../tools/schema.js'
import type { ToolSpec } from '../../tools/tool.js'
import type { Moment } from './moments.js'
import type { Recording } from './recording.js'
import type { Numbers } from './ruling.js'

/** What a moment asks for under the policy of now, smallest units by meter. Throws `meter_amount_invalid`. */
export function amountsNow(moment: Moment, spec: ToolSpec | null, input: unknown): Record<string, number> {
  const { entry, journal, step } = moment
  const recorded = (entry.facts.charges ?? []).filter((c) => c.at === 'run').map((c) => [c.meter, c.amount])
  const amounts = recorded.length > 0 ? Object.fromEntries(recorded) : unasked(moment, journal.steps.has(step))
  if (spec === null) return amounts
  const supersedes = entry.facts.supersedes !== undefined
  const own = Object.entries(spec.meters).map(([name, amount]) => [name, smallestUnit(name, amount(input))])
  return { ...amounts, ...(supersedes ? {} : { active: spec.timeoutMs }), ...Object.fromEntries(own) }
}

/** What was refused never asked the ledger for anything: the counts of a first attempt, or what was found too much. */
function unasked({ body, sort }: Moment, isKnown: boolean): Record<string, number> {
  const { meter, amount } = (body.detail ?? {}) as Partial<Numbers>
  const found = meter === undefined || amount === undefined ? {} : { [meter]: amount }
  if (sort === 'model') return found
  return { ...(isKnown ? {} : { steps: 1 }), tool_calls: 1, attempts: 1, ...found }
}

export interface Room {
  /** The first ceiling without room, in the policy's order. */
  readonly full: Numbers | null
  /** Ceilings that cannot be judged: nothing was counted there when the run was recorded. */
  readonly unknown: readonly Ceiling[]
}

/** Whether the ceilings of now have room for what a moment asks for. */
export async function roomNow(
  definition: Definition,
  recording: Recording,
  moment: Moment,
  amounts: Readonly<Record<string, number>>,
): Promise<Room> {
  const unknown: Ceiling[] = []
  for (const ceiling of definition.ceilings) {
    const amount = amounts[ceiling.meter] ?? 0
    if (amount === 0) continue
    const counted = await countedAt(definition, recording, moment, ceiling)
    if (counted === null) {
      if (scopeOf(recording, ceiling) !== null) unknown.push(ceiling)
      continue
    }
    const { used, reserved } = counted
    const isPeak = kindOf(ceiling.meter) === 'peak'
    if ((isPeak ? amount : used + reserved + amount) <= ceiling.limit) continue
    const { meter, per, limit } = ceiling
    const scope = scopeOf(recording, ceiling) ?? ''
    return { full: { scope, meter, per, used, reserved, amount, limit }, unknown }
  }
  return { full: pastDeadline(definition, recording, moment), unknown }
}

/** A run that would not have lived so long. Its deadline as admitted holds where the caller gave one. */
function pastDeadline(definition: Definition, { run }: Recording, { entry }: Moment): Numbers | null {
  const used = entry.at - run.createdAt
  const limit = definition.deadlineMs
  if (used <= limit || run.deadlineAt - run.createdAt < limit) return null
  return { scope: '', meter: 'deadline', per: 'total', used, reserved: 0, amount: 0, limit }
}

function scopeOf({ run }: Recording, ceiling: Ceiling): string | null {
  return ceiling.scope === 'run' ? '' : meterScopes(run)[ceiling.scope]
}

type Counted = Pick<Numbers, 'used' | 'reserved'>

/** null: nobody counted it there. */
async function countedAt(
  definition: Definition,
  recording: Recording,
  moment: Moment,
  ceiling: Ceiling,
): Promise<Counted | null> {
  const scope = scopeOf(recording, ceiling)
  const { charges = [] } = moment.entry.facts
  const stamped = charges.find((c) => c.scope === scope && c.meter === ceiling.meter && c.per === ceiling.per)
  if (stamped) return { used: stamped.usedAfter, reserved: stamped.reservedAfter - stamped.amount }
  const told = (moment.body.detail ?? {}) as Partial<Numbers>
  if (told.scope === scope && told.meter === ceiling.meter && told.per === ceiling.per) {
    return { used: told.used ?? 0, reserved: told.reserved ?? 0 }
  }
  if (ceiling.scope !== 'run') return null
  if (recording.run.meters[ceiling.meter] !== undefined) return inJournal(moment, ceiling.meter)
  return { used: await countedAnew(definition, moment, ceiling.meter), reserved: 0 }
}

function inJournal({ journal }: Moment, meter: string): Counted {
  const charges = journal.open().flatMap((intent) => intent.charges)
  const open = charges.filter((c) => c.at === 'run' && c.meter === meter && c.kind !== 'peak')
  return { used: journal.used[meter] ?? 0, reserved: open.reduce((sum, c) => sum + c.amount, 0) }
}

/** A meter that the run did not have: what its confirmed calls would have charged. */
async function countedAnew(definition: Definition, { journal }: Moment, meter: string): Promise<number> {
  let sum = 0
  for (const { tool, input } of journal.done.slice(0, LIMITS.steps_per_run)) {
    const spec = definition.tools.get(tool)
    const amount = spec?.meters[meter]
    if (!spec || !amount) continue
    const parsed = await check(spec.input, input)
    if (parsed.ok) sum += smallestUnit(meter, amount(parsed.value))
  }
  return sum
}
