import { MidwatchError } from '../../core/errors.js'
import type { RunFacts } from '../../core/invariants/facts.js'

/** Form of the documents that `midwatch export` writes. */
const FORM = 'midwatch.run/1'

/** One run as it was recorded, from the ledger or from an export. */
export type Recording = Pick<RunFacts, 'run' | 'entries' | 'escalations'>

/** The run in an exported document. Throws `invalid_input` for any other document. */
export function recordingOf(document: unknown, named = 'The document'): Recording {
  const { form, run, entries, escalations } = fieldsOf(document)
  if (form !== FORM || !Array.isArray(entries) || typeof run !== 'object' || run === null) {
    throw new MidwatchError(
      'invalid_input',
      `${named} is no export of a run (form ${FORM}); write one with 'midwatch export RUN --out FILE'.`,
    )
  }
  return { run, entries, escalations: escalations ?? [] } as unknown as Recording
}

function fieldsOf(document: unknown): Record<string, unknown> {
  return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {}
}
