import type { Answer, Op } from '../../core/ops.js'
import { faultOf, isDataFault } from './faults.js'
import { type Database, nameFor } from './pool.js'
import { APPLY, batchOf } from './strides.js'

const NAME = nameFor('apply', APPLY)

/** What it asks of a database; a test may put a connection of its own in its place. */
export type Statements = Pick<Database, 'attempt' | 'row'>

/**
 * One transaction for all ops. When the data of one cannot be stored the transaction fails as a whole: the batch is halved
 * until that op stands alone and is answered `poison`, for the same batch would fail the same way for ever.
 */
export async function apply(database: Statements, ops: readonly Op[]): Promise<Answer[]> {
  if (ops.length === 0) return []
  try {
    return await send(database, ops)
  } catch (error) {
    if (!isDataFault(error)) throw faultOf(error)
  }
  if (ops.length === 1) {
    const { at } = await database.row('select midwatch.clock_ms() as at')
    return [{ code: 'poison', at: Number(at) }]
  }
  const middle = Math.ceil(ops.length / 2)
  const first = await apply(database, ops.slice(0, middle))
  return [...first, ...(await apply(database, ops.slice(middle)))]
}

async function send(database: Statements, ops: readonly Op[]): Promise<Answer[]> {
  const [row] = await database.attempt(APPLY, batchOf(ops), NAME)
  const at = Number(row?.at)
  const answers = JSON.parse(String(row?.answers)) as Omit<Answer, 'at'>[]
  return answers.map((answer) => ({ ...answer, at }))
}
