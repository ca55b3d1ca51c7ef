import { breachFor } from '../../govern/breach.js'
import type { Ceiling } from '../../govern/ceilings.js'
import { outOfStage } from '../../govern/stages.js'
import type { Definition } from '../../orchestrator/definition.js'
import { weigh } from '../../orchestrator/judge.js'
import { digestOf } from '../../orchestrator/proposal.js'
import { WIND_DOWN } from '../../orchestrator/unwinding.js'
import { check } from '../../tools/schema.js'
import type { ToolSpec } from '../../tools/tool.js'
import { specNamed } from '../../tools/undo.js'
import type { Moment } from './moments.js'
import type { Recording } from './recording.js'
import { amountsNow, roomNow } from './room.js'
import { ALLOWED, ceilingRule, type Numbers, type Ruling } from './ruling.js'

/** What the policy of now says of a recorded moment; `why` where it cannot be said. */
export type RuledNow =
  | { readonly known: true; readonly ruling: Ruling; readonly unknown: readonly Ceiling[] }
  | { readonly known: false; readonly why: 'erased' | 'no_arguments' }

/** Judges a moment anew, by the facts that its journal held then. Pure but for schemas that validate in their own time. */
export async function ruledNow(definition: Definition, recording: Recording, moment: Moment): Promise<RuledNow> {
  const { sort, tool, input, erased } = moment
  if (sort !== 'unusable' && tool === null) return inRoom(definition, recording, moment, null, null)
  if (definition.kind === 'flow') return ofFlow(definition, recording, moment)
  const spec = tool === null ? null : specNamed(definition.tools, tool)
  if (!spec) return unusable(definition, moment, tool === null ? 'It called no tool.' : `There is no tool '${tool}'.`)
  const { stages } = definition.policy
  // What takes something back is nobody's proposal, and in no stage.
  const outOfOrder =
    sort === 'attempt' || spec.undoes?.attempt ? null : outOfStage(stages, moment.journal.stage.name, spec.name)
  if (outOfOrder) {
    const ruling = strikesOver(definition, moment) ?? { verdict: 'refuse', ...outOfOrder }
    return { known: true, ruling, unknown: [] }
  }
  if (input === undefined) {
    if (sort === 'unusable') return unusable(definition, moment, 'Its arguments cannot be read.')
    return { known: false, why: erased ? 'erased' : 'no_arguments' }
  }
  const parsed = await check(spec.input, input)
  if (!parsed.ok) return unusable(definition, moment, parsed.issues)
  const wrong = wrongAmount(moment, spec, parsed.value)
  if (wrong !== null) return unusable(definition, moment, wrong)
  const ruling = sort === 'attempt' ? ALLOWED : byRule(definition, recording, moment, spec, parsed.value)
  if (ruling.verdict === 'allow') return inRoom(definition, recording, moment, spec, parsed.value)
  return { known: true, ruling, unknown: [] }
}

/** A flow has no rules. Its declared tools have meters, where they take the arguments still. */
async function ofFlow(definition: Definition, recording: Recording, moment: Moment): Promise<RuledNow> {
  const spec = specNamed(definition.tools, moment.tool ?? '')
  const parsed = spec && moment.input !== undefined ? await check(spec.input, moment.input) : null
  if (!spec || !parsed?.ok || wrongAmount(moment, spec, parsed.value) !== null) {
    return inRoom(definition, recording, moment, null, null)
  }
  return inRoom(definition, recording, moment, spec, parsed.value)
}

async function inRoom(
  definition: Definition,
  recording: Recording,
  moment: Moment,
  spec: ToolSpec | null,
  input: unknown,
): Promise<RuledNow> {
  // It has room of its own.
  if (moment.step?.startsWith(WIND_DOWN)) return { known: true, ruling: ALLOWED, unknown: [] }
  if (isLedgers(moment)) {
    const counted = moment.entry.facts.count?.strikes !== undefined
    return { known: true, ruling: (counted ? strikesOver(definition, moment) : null) ?? ALLOWED, unknown: [] }
  }
  const { full, unknown } = await roomNow(definition, recording, moment, amountsNow(moment, spec, input))
  return { known: true, ruling: full ? withoutRoom(definition, spec, full) : ALLOWED, unknown }
}

/** What the ledger answers before it looks at meters: the key was used before, another run has it or the lock. */
function isLedgers({ sort, body }: Moment): boolean {
  const { about, final } = body
  if (about === 'repeated' || about === 'busy' || about === 'failed') return true
  return (
    sort !== 'unusable' &&
    about === 'refused' &&
    final?.status === 'refused' &&
    !/^((rules|stages|people)\.|confidence$)/.test(final.rule)
  )
}

function wrongAmount(moment: Moment, spec: ToolSpec, input: unknown): string | null {
  try {
    amountsNow(moment, spec, input)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function byRule(definition: Definition, recording: Recording, moment: Moment, spec: ToolSpec, input: unknown): Ruling {
  const rule = definition.policy.rules[spec.name] ?? null
  const proposal = { rule, input, spec, args: digestOf(moment.input ?? null) }
  const { verdict, rule: by } = weigh({ journal: moment.journal, run: recording.run, definition }, proposal)
  const two = { verdict: 'escalate', rule: `people.${spec.name}`, chain: [] } as const
  if (verdict.verdict === 'allow') return spec.people === 2 ? two : ALLOWED
  if (verdict.verdict === 'escalate') return { verdict: 'escalate', rule: by, chain: verdict.chain }
  return strikesOver(definition, moment) ?? { verdict: 'refuse', rule: by, say: verdict.say }
}

/** A proposal that is no call of anything: the model is told, and it is a strike. */
function unusable(definition: Definition, moment: Moment, say: string): RuledNow {
  const ruling = strikesOver(definition, moment) ?? { verdict: 'refuse', rule: 'unusable', say }
  return { known: true, ruling, unknown: [] }
}

function strikesOver(definition: Definition, { journal }: Moment): Ruling | null {
  const ceiling = definition.ceilings.find((c) => c.scope === 'run' && c.meter === 'strikes')
  const used = journal.used.strikes ?? 0
  if (!ceiling || used + 1 < ceiling.limit) return null
  const numbers = { scope: '', meter: 'strikes', per: 'total', used, reserved: 0, amount: 1 } as const
  return { verdict: 'end', rule: 'ceilings.run.strikes', numbers: { ...numbers, limit: ceiling.limit } }
}

/** What the policy does where a ceiling has no room. */
function withoutRoom({ policy }: Definition, spec: ToolSpec | null, numbers: Numbers): Ruling {
  const rule = ceilingRule(numbers.scope, numbers.meter, numbers.per)
  const breach = breachFor(policy.onBreach, numbers.meter, spec?.meters)
  if (typeof breach === 'object') {
    if (breach.verdict === 'escalate') return { verdict: 'escalate', rule, chain: breach.chain, numbers }
    return { verdict: 'end', rule, numbers }
  }
  if (breach === 'tell' && spec !== null) return { verdict: 'refuse', rule, numbers }
  return { verdict: breach === 'wait' && numbers.per !== 'total' ? 'wait' : 'end', rule, numbers }
}
