import { INVARIANTS } from '../../core/invariants/catalogue.js'
import type { Row } from '../campaign/broken-thing.js'
import { COLUMNS, type Column, type Tally } from '../campaign/tally.js'

/** Cases that one layer of faults struck, held against one promise. */
export interface Cell {
  readonly column: Column
  readonly cases: number
  readonly broken: number
}

export interface GridRow {
  readonly row: Row
  readonly name: string
  readonly promise: string
  readonly cells: readonly Cell[]
}

const EXPECTED = 'outcomes, spend, acts and what else the scenario expects, held against what the world itself saw'

/** Invariant × fault layer: a case stands in the column of each layer that struck it. */
export function gridOf(tally: Tally): GridRow[] {
  const rows: readonly { row: Row; name: string; promise: string }[] = [
    ...INVARIANTS.map(({ id, name, promise }) => ({ row: id, name, promise })),
    { row: 'expectations', name: 'expectations', promise: EXPECTED },
  ]
  return rows.map((one) => ({
    ...one,
    cells: columnsOf(tally).map((column) => ({
      column,
      cases: tally.columns[column] ?? 0,
      broken: tally.broken[one.row]?.[column] ?? 0,
    })),
  }))
}

/** Columns that any case stands in. */
export function columnsOf(tally: Tally): Column[] {
  return COLUMNS.filter((column) => (tally.columns[column] ?? 0) > 0)
}
