import { compare } from '../comparison.js'
import { type Row, rowOf } from '../row.js'
import { comparisonSeconds, enter, orderOf, type Section, turnsOf } from '../section.js'

/** What this machine's disk and PostgreSQL give at best: one row, one commit. */
export const insertsSection: Section = {
  name: 'inserts',
  seconds: (options) => comparisonSeconds(options, 2) + 1,
  async run(stage) {
    const one = await enter(stage, 'inserts', 'read')
    try {
      const rows: Row[] = []
      for (const clients of [1, 32]) {
        const { inserts } = await compare({ inserts: one }, orderOf(stage, clients, 1), turnsOf(stage))
        rows.push(rowOf({ what: 'single-row insert commits', runs: clients, measured: inserts }))
      }
      return rows
    } finally {
      await one.close()
    }
  },
}
