import { parseArgs } from 'node:util'
import { workNight } from './night.js'

/** `node --import tsx examples/nightly-batch/start.ts`: 10,000 invoices; `--invoices N` for another number, `--day D` for another night. */
const { values } = parseArgs({
  options: { invoices: { type: 'string', default: '10000' }, day: { type: 'string', default: '2025-01-01' } },
})
const invoices = Number(values.invoices)
if (!Number.isSafeInteger(invoices) || invoices < 1) {
  process.stderr.write(`--invoices ${values.invoices}: give a whole number from 1.\n`)
  process.exit(2)
}
process.stdout.write(`${(await workNight({ invoices, day: values.day })).join('\n')}\n`)
