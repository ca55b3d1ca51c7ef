import type { JsonValue } from '../core/json.js'
import type { Effected, Remaining, WoundDown } from '../core/wound-down.js'
import { check } from '../tools/schema.js'
import type { ToolSpec } from '../tools/spec.js'
import type { UndoWire } from '../tools/undo.js'
import type { Activation } from './activation.js'
import { plainKey, storedKey } from './doubt.js'
import type { Intent, StepRecord } from './journal.js'
import { digestOf, ownMeters, type Proposal } from './proposal.js'
import { completed, type StepResult } from './result.js'
import { isStored, storedValue } from './stored.js'
import { effected, type Room, roomFor } from './unwinding.js'

/** A branch of a run, as far as an undo goes. */
interface Place {
  readonly run: Activation
  peek(name: string): string
  step(name: string, args: string, perform: (record: StepRecord) => Promise<StepResult>): Promise<StepResult>
  within(id: string): Place
  propose(proposal: Omit<Proposal, 'id'>): Promise<StepResult>
}

/** An effect as it was planned to be taken back. `gone`: somebody else has taken it back already. */
interface Planned extends Effected {
  readonly gone?: true
}

type Why = Pick<Remaining, 'why' | 'code'>

/** What an undo is begun with. */
interface Undoing {
  readonly spec: ToolSpec
  readonly wire: UndoWire
  readonly input: unknown
}

/**
 * Takes back what the run has confirmed, the newest first, each by a step that is judged, reserved and settled as any other.
 * What has no undo is passed over; what cannot be taken back stops it, for what was done before may rest on that. `leave`: so
 * a person would have it. The plan is a step as well: a replay finds the same one.
 */
export async function unwind(branch: Place, leave: ReadonlySet<number> = new Set()): Promise<WoundDown> {
  const { run } = branch
  const id = branch.peek('undo')
  const planned = await branch.step('undo', '', (record) => plan(run, record))
  if (run.unwinding) run.unwinding.room = roomIn(run.journal.step(id))
  const below = branch.within(id)
  const undone: Effected[] = []
  const remains: Remaining[] = []
  let stands = false
  for (const { gone, ...what } of planned.status === 'completed' ? (planned.output as Planned[]) : []) {
    const passed: Remaining['why'] | null = leave.has(what.seq) ? 'left' : stands ? 'not_reached' : null
    const why: Why | null = gone ? null : passed === null ? await takeBack(below, what) : { why: passed }
    if (why === null) undone.push(what)
    else remains.push({ ...what, ...why })
    stands ||= why !== null && why.why !== 'no_undo' && why.why !== 'left'
  }
  return { undone, remains }
}

/** Written down before anything is taken back: what there is, in which order, and what room that has. */
async function plan(run: Activation, record: StepRecord): Promise<StepResult> {
  const items: Planned[] = []
  const undos: { spec: ToolSpec; own: Room }[] = []
  for (const intent of run.journal.standing()) {
    const { undo } = run.tools.get(intent.body.name ?? '') ?? {}
    if (undo === 'not_needed') continue
    const gone = await isGone(run, intent)
    items.push({ ...effected(intent), ...(gone ? { gone: true } : {}) })
    const undoing = gone ? null : await undoingOf(run, intent)
    if (undoing !== null) undos.push({ spec: undoing.spec, own: ownMeters(undoing) })
  }
  const final = completed(items)
  const detail = run.unwinding === null ? {} : { detail: { room: roomFor(run.run, undos) } }
  await run.book.note({ about: 'undoing', step: record.id, args: '', final, ...detail })
  return final
}

const roomIn = ({ notes }: StepRecord): Room => {
  const { detail } = notes.find(({ about }) => about === 'undoing') ?? {}
  return (detail as { readonly room?: Room } | undefined)?.room ?? {}
}

/** Taken back by what this journal does not hold: another run's tool that undoes it. */
async function isGone({ engine, run }: Activation, { effect }: Intent): Promise<boolean> {
  const row = effect && (await engine.ledger.effect({ tenant: run.tenant, tool: effect.tool, key: effect.key }))
  return row !== null && row.undone >= (effect?.attempt ?? 0)
}

/** null once it is taken back; else why it stands. */
async function takeBack(below: Place, { seq, tool }: Effected): Promise<Why | null> {
  const { run } = below
  const intent = run.journal.intent(seq)
  const spec = run.tools.get(tool)
  if (spec && spec.undo === undefined) return { why: 'no_undo' }
  const undoing = intent ? await undoingOf(run, intent) : null
  if (undoing === null) return { why: 'other_code' }
  const rule = run.definition.policy.rules[undoing.spec.name] ?? null
  const args = digestOf(undoing.wire)
  const wire = undoing.wire as unknown as JsonValue
  const result = await below.propose({ ...undoing, wire, args, rule, onBreach: () => 'end', perStep: false })
  return whyOf(result)
}

/** null where the code of now has no undo for it, or would name another effect. */
async function undoingOf(run: Activation, intent: Intent): Promise<Undoing | null> {
  const { body, effect, step, settled } = intent
  const of = run.tools.get(body.name ?? '')
  if (!of || typeof of.undo !== 'object' || effect === null) return null
  const parsed = await check(of.input, body.input)
  if (!parsed.ok) return null
  const key = plainKey(run, { spec: of, input: parsed.value }, intent)
  if (storedKey(run.engine.keySecret, run.run.tenant, effect.tool, key) !== effect.key) return null
  const { final } = settled?.body ?? {}
  const result = ((final?.status === 'completed' ? final.output : null) ?? null) as JsonValue
  const wire: UndoWire = { input: body.input ?? null, result, of: { step, key, attempt: effect.attempt } }
  const whole = isStored(result) ? await storedValue(run, result) : result
  return { spec: of.undo, wire, input: { ...wire, input: parsed.value, result: whole } }
}

function whyOf(result: StepResult): Why | null {
  switch (result.status) {
    case 'completed':
      return null
    case 'refused':
      return { why: 'refused', code: result.rule }
    case 'exhausted':
      return { why: 'no_room', code: result.meter }
    case 'failed':
      // Somebody else took it back meanwhile.
      return result.code === 'gone' ? null : { why: 'failed', code: result.code }
    case 'handed_over':
      return { why: 'refused', code: 'handed_over' }
  }
}
