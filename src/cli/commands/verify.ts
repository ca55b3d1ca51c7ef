import { INVARIANTS } from '../../core/invariants/catalogue.js'
import type { Violation } from '../../core/invariants/invariant.js'
import { verifyLedger } from '../../core/invariants/verify.js'
import type { Call } from '../call.js'
import { EXIT } from '../exit.js'
import { findRun } from '../find-run.js'
import type { Reply, Verb } from '../verb.js'
import { many, shortId } from '../words.js'

const EVERY = 50
const SHOWN = 50

export const verify: Verb = {
  usage: 'verify [run]',
  says: 'Check the ledger, or one run, against the ten invariants. Exit code 6 when one is broken.',
  act: verifyAll,
}

async function verifyAll(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const { io } = call
  const only = call.arg(0) === '' ? {} : { runId: (await findRun(ledger, call.arg(0))).runId }
  const progress = (done: { runs: number; entries: number }) => {
    if (io.watched && done.runs % EVERY === 0) io.err(`\r${done.runs} runs, ${done.entries} entries`)
  }
  const { checked, violations } = await verifyLedger(ledger, { ...only, progress })
  if (io.watched && checked.runs >= EVERY) io.err('\r\u001b[K')
  const exit = violations.length === 0 ? EXIT.ok : EXIT.failed
  const data = { ok: exit === EXIT.ok, checked, violations }
  return { text: textOf(checked, violations, 'runId' in only), data, exit }
}

function textOf(
  checked: { runs: number; entries: number; metersMoving: number },
  violations: readonly Violation[],
  one: boolean,
): string {
  const { runs, entries, metersMoving } = checked
  const moving = metersMoving === 0 ? '' : ` ${metersMoving} shared meters moved meanwhile and were not compared.`
  const part = one ? ' What needs every journal (shared meters, effect keys, sessions) was left out.' : ''
  const head = `Checked ${many(runs, 'run')}, ${many(entries, 'entry')}, ${INVARIANTS.length} invariants.${moving}${part}`
  if (violations.length === 0) return `${head}\nAll of them hold.`
  const lines = violations.slice(0, SHOWN).map(line)
  const more = violations.length > SHOWN ? [`… and ${violations.length - SHOWN} more; --json has all`] : []
  return [head, `${many(violations.length, 'violation')}:`, ...lines, ...more].join('\n')
}

function line({ invariant, runId, seq, what, numbers }: Violation): string {
  const name = INVARIANTS.find((one) => one.id === invariant)?.name ?? ''
  const where = runId === undefined ? '' : ` run ${shortId(runId)}${seq === undefined ? '' : ` entry ${seq}`}:`
  const told = Object.entries(numbers).map(([key, value]) => `${key} ${value}`)
  return `  ${invariant} (${name})${where} ${what}${told.length === 0 ? '' : ` [${told.join(', ')}]`}`
}
