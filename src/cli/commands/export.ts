import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readRuns } from '../../core/invariants/read.js'
import type { Call } from '../call.js'
import { findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'

/** Names the form of the document, for those who read it later. */
const FORM = 'midwatch.run/1'

export const exportRun: Verb = {
  usage: 'export <run>',
  says: 'Everything the ledger holds of a run, its hash chain included, as one JSON document.',
  options: [['--out <file>', 'into a file, in place of stdout']],
  act: exportOne,
}

async function exportOne(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const { runId } = await findRun(ledger, call.arg(0))
  const document: Record<string, unknown> = { form: FORM, exportedAt: await ledger.now() }
  for await (const { facts } of readRuns(ledger, { runId })) Object.assign(document, facts)
  const text = JSON.stringify(document, null, 2)
  const out = call.text('out')
  if (out === undefined) return { text, data: document }
  const file = resolve(call.io.cwd, out)
  await writeFile(file, `${text}\n`)
  return { text: `Run ${runId} is in ${file}.`, data: { runId, file } }
}
