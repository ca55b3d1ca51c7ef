import pg from 'pg'
import type { ErrorCode } from '../../core/errors.js'
import { MidwatchError } from '../../core/errors.js'

/** The server's own code for an error; '' when it was a socket, a time-out or the pool that failed. */
function stateOf(error: unknown): string {
  return error instanceof pg.DatabaseError ? (error.code ?? '') : ''
}

/** Serialisation failures and deadlocks: the same statement may succeed when it is sent again. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(stateOf(error))
}

/** A named statement that this connection does not have, or that it had before: behind a pooler it is another's. */
export function isUnknownName(error: unknown): boolean {
  return ['26000', '42P05'].includes(stateOf(error))
}

/**
 * The data itself cannot be stored: a NUL in a text, a number out of range, a field that a head lacks, nesting or size
 * beyond the server's limits.
 */
export function isDataFault(error: unknown): boolean {
  return /^(22|23|54)/.test(stateOf(error))
}

/** The connection, the server or its resources are gone for now; the outcome of what was sent is unknown. */
function isAway(error: unknown): boolean {
  return /^($|08|25006|40|53|55|57|58)/.test(stateOf(error))
}

const DENIED = '42501'

const OWN: Readonly<Record<string, ErrorCode>> = {
  MW001: 'ledger_isolation',
  '3F000': 'ledger_schema_older',
  '42P01': 'ledger_schema_older',
  '42883': 'ledger_schema_older',
  '42703': 'ledger_schema_older',
}

const ADVICE: Partial<Record<ErrorCode, string>> = {
  ledger_away: 'The database cannot be reached; what was sent may or may not have been done',
  ledger_isolation: 'Leave default_transaction_isolation at read committed',
  ledger_schema_older: 'The schema lacks what this version needs; migrate it as its owner',
  ledger_refused: 'The database refused the statement',
}

/** Any error of the driver or the server as the one error class. */
export function faultOf(error: unknown): MidwatchError {
  if (error instanceof MidwatchError) return error
  const code = OWN[stateOf(error)] ?? (isAway(error) ? 'ledger_away' : 'ledger_refused')
  const advice =
    stateOf(error) === DENIED ? 'This role of the database may not do that; its schema’s owner may' : ADVICE[code]
  const said = error instanceof Error ? error.message : String(error)
  return new MidwatchError(code, `${advice}: ${said}`, { cause: error })
}
