import { midwatch } from 'midwatch'
import { books, nightlyBatch } from './batch.js'

const MOST_NAMED = 5

export interface Night {
  readonly invoices: number
  readonly day: string
  /** Where the ledger is; default as everywhere. */
  readonly databaseUrl?: string
  readonly home?: string
}

/** Works a night's batch to its end and tells what came of it, line by line. */
export async function workNight({ invoices, day, ...where }: Night): Promise<string[]> {
  const mw = await midwatch({ run: [nightlyBatch], ...where })
  try {
    const run = await mw.start(nightlyBatch, { input: { day, invoices }, key: `night ${day}` })
    const outcome = await run.outcome()
    if (outcome.status !== 'completed') return [`The night of ${day} ended ${outcome.status}.`]
    const { booked, usd, not } = outcome.output
    const named = not.slice(0, MOST_NAMED).map((row) => `  not booked: ${row}`)
    const more = not.length > MOST_NAMED ? [`  and ${not.length - MOST_NAMED} more`] : []
    const { booked: stand, twice } = books.count
    const head = `${invoices} invoices of ${day}: ${booked} booked for $${usd}, ${not.length} not`
    return [
      head,
      ...named,
      ...more,
      `the books hold ${stand}, ${twice} of them twice`,
      `midwatch show ${run.id.slice(-12)}`,
    ]
  } finally {
    await mw.stop()
  }
}
