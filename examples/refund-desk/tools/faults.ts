import { fault } from 'midwatch'
import { ActFault } from '../acts/desk.js'

/** Says in the runtime's words what an act knows of its failure; what it does not know stays unexplained, in doubt. */
export async function explained<T>(act: Promise<T>): Promise<T> {
  try {
    return await act
  } catch (error) {
    if (!(error instanceof ActFault)) throw error
    if (error.kind === 'permanent') throw fault.permanent(error.code, { cause: error })
    const wait = error.retryAfterMs
    throw fault.notPerformed(
      error.code,
      wait === null ? { cause: error } : { cause: error, retryAfter: `${BigInt(wait)}ms` },
    )
  }
}
