import type { Admitted } from '../core/admission.js'
import { MidwatchError } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import { tooDeep } from '../govern/above.js'
import { type Activation, never } from './activation.js'
import { type AdmitBody, readBody } from './bodies.js'
import { aboveChildren, childAdmission } from './child-admission.js'
import { outcomesOfEnded } from './ended-run.js'
import { admittedIn, type StepRecord } from './journal.js'
import type { MapFeed, MapRow } from './map-feed.js'
import { completed, type StepResult } from './result.js'
import { keepShort } from './stored.js'
import { tellAdmitted } from './tell-admitted.js'

export interface Mapping {
  readonly feed: Pick<MapFeed<never>, 'take' | 'skip'>
  readonly atOnce: number
  /** Digest that a replay compares. */
  readonly args: string
}

/** What a map gives: results in order of the rows, and the rows that did not come to one. */
export interface Mapped {
  readonly done: JsonValue[]
  readonly not: { readonly key: string; readonly outcome: JsonValue }[]
}

/**
 * Each row as a run of its own, so many at a time. Whatever the number of rows, the journal of the run that maps holds that
 * it maps, and what came of it.
 */
export async function mapStep(run: Activation, record: StepRecord, mapping: Mapping): Promise<StepResult> {
  const deep = tooDeep(run.run.depth + 1, aboveChildren(run))
  if (deep) return run.finish({ status: 'exhausted', meter: 'depth', ...deep })
  if (!record.notes.some((n) => n.about === 'mapping')) {
    const detail = { atOnce: mapping.atOnce }
    await run.book.note({ about: 'mapping', step: record.id, args: mapping.args, detail }, { count: { steps: 1 } })
  }
  await run.book.writer.flushed()
  const total = await admitAll(run, record, mapping)
  await allEnded(run, record, total)
  const mapped = await gather(run, record.id)
  const detail = { rows: total, done: mapped.done.length, not: mapped.not.length }
  const final = completed(await keepShort(run, mapped as unknown as JsonValue))
  await run.book.note({ about: 'mapping', step: record.id, final, detail })
  return final
}

/** Admits the rows that no worker admitted before, page by page, and says then that these are all. How many there are. */
async function admitAll(run: Activation, record: StepRecord, { feed, atOnce }: Mapping): Promise<number> {
  const { ledger } = run.engine
  const { runId } = run.run
  const group = await ledger.group({ runId, step: record.id })
  if (group !== null && group.total !== null) return group.total
  let no = group?.admitted ?? 0
  await tellProgress(run, record, no)
  await feed.skip(no)
  for (;;) {
    const rows = await feed.take(LIMITS.admissions_at_once)
    if (run.signal.aborted) return never()
    run.dropped.heed(record.id)
    if (rows.length === 0) break
    await admit(run, record, rows, { atOnce, from: no + 1 })
    no += rows.length
  }
  if (no === 0) return 0
  const { code } = await ledger.sealGroup({ runId, fence: run.run.fence, step: record.id, total: no })
  await heed(run, record, code === 'conflict' ? 'sealed' : code)
  return no
}

/**
 * A worker that died while it admitted was no crash of the run, where it had come further: that is written down, and the run
 * is given back once, so that it does not count towards a dead letter.
 */
async function tellProgress(run: Activation, record: StepRecord, admitted: number): Promise<void> {
  const before = Math.max(0, ...record.notes.map(({ detail }) => admittedIn(detail)))
  if (admitted <= before) return
  await run.book.note({ about: 'mapping', step: record.id, detail: { admitted } })
  await run.wait({ step: record.id, until: run.now() + LIMITS.backoff_base_ms, waits: `map:${record.id}` })
}

async function admit(
  run: Activation,
  record: StepRecord,
  rows: readonly MapRow[],
  { atOnce, from }: { readonly atOnce: number; readonly from: number },
): Promise<void> {
  const above = aboveChildren(run)
  const { definition, engine } = run
  const admissions = rows.map(({ key, input }, i) => {
    const item = { key, no: from + i, atOnce }
    return childAdmission(run, { runId: engine.entropy.runId(), definition, input, step: record.id, item }, above)
  })
  for (const [i, { code }] of (await engine.ledger.admitAll(admissions)).entries()) {
    await heed(run, record, code)
    const admission = admissions[i]
    if (code === 'ok' && admission) tellAdmitted(engine.observers, admission, 'mapped')
  }
}

/** A successor reads the rows anew: they must be the same ones. */
function heed(run: Activation, record: StepRecord, code: Admitted['code']): Promise<void> | undefined {
  if (code === 'ok' || code === 'existing') return undefined
  if (code === 'fenced') {
    run.drop(code)
    return never()
  }
  throw new MidwatchError(
    'invalid_input',
    `ctx.map (${record.id}): the rows are not those that were given before the run was interrupted.`,
  )
}

/** The ledger posts one mail when the last of all has ended. */
async function allEnded(run: Activation, record: StepRecord, total: number): Promise<void> {
  if (total === 0) return
  const { runId } = run.run
  for (;;) {
    const group = await run.engine.ledger.group({ runId, step: record.id })
    if (group !== null && group.ended >= total) break
    await run.wait({ step: record.id, until: null, waits: `map:${record.id}`, lookMs: LIMITS.sister_look_ms })
  }
  await run.lookForMail()
}

/** The ends of all items, a page at a time: whoever dies over it begins anew, so it must be quick. */
async function gather(run: Activation, step: string): Promise<Mapped> {
  const { ledger } = run.engine
  const mapped: Mapped = { done: [], not: [] }
  for (let after: string | undefined; ; ) {
    const rows = await ledger.children({
      runId: run.run.runId,
      step,
      limit: LIMITS.admissions_at_once,
      ...(after && { after }),
    })
    const ids = rows.map((row) => row.runId)
    for (const [i, outcome] of (await outcomesOfEnded(ledger, ids)).entries()) {
      if (outcome.status === 'completed') mapped.done.push(outcome.output)
      else mapped.not.push({ key: await keyOf(run, ids[i] ?? ''), outcome: outcome as unknown as JsonValue })
    }
    if (rows.length < LIMITS.admissions_at_once) return mapped
    after = rows.at(-1)?.runId
  }
}

/** The key of an item: it stands in what admitted it. */
async function keyOf({ engine }: Activation, runId: string): Promise<string> {
  const [first] = await engine.ledger.journal({ runId, from: 1, limit: 1 })
  return readBody<AdmitBody>(first?.body ?? null).map?.key ?? runId
}
