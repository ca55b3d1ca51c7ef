import { type JsonValue, toJson } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { WoundDown } from '../core/wound-down.js'
import { specNamed } from '../tools/undo.js'
import { type Activation, never } from './activation.js'
import { Branch } from './branch.js'
import { lookAgain } from './doubt.js'
import { askPerson, inTime, questionOf } from './escalated.js'
import type { Intent, StepRecord } from './journal.js'
import { digestOf } from './proposal.js'
import { settleSeen } from './reconcile.js'
import { completed, type StepResult } from './result.js'
import { unwind } from './unwind.js'
import { remaining, WIND_DOWN } from './unwinding.js'
import type { WindingDown } from './winding-down.js'

/** What a person may say of what remains: try (again) to take it back · leave what stopped it and go on · leave all of it. */
const SAYS = ['undo', 'go_on', 'leave'] as const
type Says = (typeof SAYS)[number]

/** How often a person may have it tried again, and how often an answer that is none of these is asked for once more. */
const ROUNDS = 10
const ASKED = 3

interface Said {
  readonly answer: Says
  readonly by: string
}

/**
 * Winds a run down that is about to end: takes back what its policy wants taken back, and puts to a person what remains. Each
 * part is a step, so whoever takes it up after a crash goes on where it was. Ends the run, as it was to end from the first.
 */
export async function windDown(run: Activation, ending: WindingDown): Promise<never> {
  try {
    await takeDown(run, new Branch(run, WIND_DOWN), ending)
    return await run.finish(ending.outcome)
  } catch (error) {
    run.failed(error)
    return never()
  }
}

async function takeDown(run: Activation, branch: Branch, ending: WindingDown): Promise<void> {
  await branch.step('doubts', '', (record) => clearDoubts(run, record))
  const leave = new Set<number>()
  let wound: WoundDown = { undone: [], remains: remaining(run) }
  if (ending.unwinds === 'undo') wound = await passOf(run, branch, leave)
  for (let round = 0; round < ROUNDS && wound.remains.length > 0; round += 1) {
    const { answer, by } = await ask(run, branch, ending, wound)
    if (run.unwinding) run.unwinding.by = by
    if (answer === 'leave') return
    const stopped = wound.remains.find(({ why }) => why !== 'no_undo' && why !== 'left')
    if (answer === 'go_on' && stopped) leave.add(stopped.seq)
    wound = await passOf(run, branch, leave)
  }
}

/** What may have been done and is in doubt is looked at first, once it can no longer be acting: so it can be taken back as well. */
async function clearDoubts(run: Activation, record: StepRecord): Promise<StepResult> {
  for (const intent of run.journal.open()) {
    // What takes something back is cleared by its own step.
    if (intent.effect?.undoes === undefined) await clearOne(run, record, intent)
  }
  const final = completed(null)
  await run.book.note({ about: 'checked', step: record.id, args: '', final })
  return final
}

async function clearOne(run: Activation, record: StepRecord, intent: Intent): Promise<void> {
  const spec = specNamed(run.tools, intent.body.name ?? '')
  for (;;) {
    const seen = await lookAgain(run, spec, intent)
    if (seen.known === 'decided' && (await settleSeen(run, intent, seen))) return
    if (seen.known === 'gone' || seen.known === 'unknown') return
    const until = seen.known === 'early' ? seen.row.actsUntil : run.now() + LIMITS.backoff_base_ms
    await run.wait({ step: record.id, until, waits: `doubt:${intent.step}` })
  }
}

async function passOf(run: Activation, branch: Branch, leave: ReadonlySet<number>): Promise<WoundDown> {
  const wound = await unwind(branch, leave)
  for (const { seq } of wound.undone) run.unwinding?.undone.add(seq)
  for (const { seq, why, code } of wound.remains)
    run.unwinding?.why.set(seq, code === undefined ? { why } : { why, code })
  return wound
}

async function ask(run: Activation, branch: Branch, ending: WindingDown, wound: WoundDown): Promise<Said> {
  const { outcome, unwinds } = ending
  const question =
    unwinds === 'escalate' && wound.remains.every(({ why }) => why === 'not_reached' || why === 'no_undo')
      ? 'The run ends without being completed. What is to become of what it did?'
      : 'The run ends without being completed, and not all that it did could be taken back. What is to become of the rest?'
  const show = toJson({ question, answers: SAYS, outcome, ...wound })
  const result = await branch.step('ask', digestOf(show), (record) => asked(run, record, show))
  return result.status === 'completed' ? (result.output as Said) : { answer: 'leave', by: '' }
}

/** Nobody's answer in time means that it stands: the outcome says so. */
async function asked(run: Activation, record: StepRecord, show: JsonValue): Promise<StepResult> {
  const { to = 'operator' } = run.definition.policy.windDown ?? {}
  let said: JsonValue = { answer: 'leave', by: '' }
  for (let round = 0; round < ASKED; round += 1) {
    const chain = [{ to, withinMs: inTime(run, LIMITS.doubt_within_ms), otherwise: 'hand_over' as const }]
    const { decision, by, result: answer } = await askPerson(run, record, questionOf(record, show, chain, round))
    if (decision === 'nobody') break
    if (!SAYS.some((one) => one === answer)) continue
    said = { answer: answer as Says, by }
    break
  }
  const final = completed(said)
  await run.book.note({ about: 'answered', step: record.id, final })
  return final
}
