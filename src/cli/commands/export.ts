import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MidwatchError } from '../../core/errors.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { readRuns } from '../../core/invariants/read.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import { SessionHandle, unknownSession } from '../../runtime/operator.js'
import type { Call } from '../call.js'
import { findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'

/** Names the form of the document, for those who read it later. */
const FORM = 'midwatch.run/1'
const SESSION_FORM = 'midwatch.session/1'
const PAGE = 200
/** How bodies name what rests beside them. */
const BLOB = /"blob":"([0-9a-f]{64})"/g

export const exportRun: Verb = {
  usage: 'export [run]',
  says: 'Everything the ledger holds of a run or a session, hash chains included, as one JSON document.',
  options: [
    ['--session <session>', 'a session with all its runs, in place of one run'],
    ['--tenant <tenant>', 'of the session (default: default)'],
    ['--out <file>', 'into a file, in place of stdout'],
  ],
  act: exportOne,
}

async function exportOne(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const session = call.text('session')
  if ((session === undefined) === (call.arg(0) === ''))
    throw new MidwatchError('usage', 'export needs a run, or --session.')
  const at = session === undefined ? null : { tenant: call.text('tenant') ?? 'default', session }
  const { document, name, of } = at ? await sessionDocument(ledger, at) : await runDocument(ledger, call.arg(0))
  const text = JSON.stringify(document, null, 2)
  const out = call.text('out')
  if (out === undefined) return { text, data: document }
  const file = resolve(call.io.cwd, out)
  await writeFile(file, `${text}\n`)
  return { text: `${name} is in ${file}.`, data: { ...of, file } }
}

async function runDocument(ledger: Ledger, id: string) {
  const run = await findRun(ledger, id)
  const { runId } = run
  const document = { form: FORM, exportedAt: await ledger.now(), ...(await factsOf(ledger, run)) }
  return { document, name: `Run ${runId}`, of: { runId } }
}

async function sessionDocument(ledger: Ledger, at: SessionHandle['at']) {
  const session = await new SessionHandle(at, ledger).read()
  if (!session) throw unknownSession(at)
  const runs: object[] = []
  for (const run of await runsOf(ledger, at)) runs.push(await factsOf(ledger, run))
  const document = { form: SESSION_FORM, exportedAt: await ledger.now(), session, runs }
  return { document, name: `Session ${at.session}`, of: at }
}

/** In the order of their numbers. */
async function runsOf(ledger: Ledger, at: SessionHandle['at']): Promise<RunRow[]> {
  const found: RunRow[] = []
  for (let after = ''; ; ) {
    const page = await ledger.runs({ ...at, after, limit: PAGE })
    found.push(...page)
    after = page.at(-1)?.runId ?? ''
    if (page.length < PAGE) return found.sort((a, b) => (a.sessionNo ?? 0) - (b.sessionNo ?? 0))
  }
}

/** The facts of a run, and the large outputs that its bodies name. */
async function factsOf(ledger: Ledger, { runId, tenant }: RunRow): Promise<object> {
  const document: Partial<RunFacts> = {}
  for await (const { facts } of readRuns(ledger, { runId })) Object.assign(document, facts)
  const words = (document.entries ?? []).map(({ body }) => body ?? '').join('\n')
  const blobs: Record<string, string | null> = {}
  for (const [, digest = ''] of words.matchAll(BLOB)) blobs[digest] ??= await ledger.blob({ tenant, digest })
  return { ...document, ...(Object.keys(blobs).length > 0 && { blobs }) }
}
