import { CASES } from '../refund-desk/night/cases.js'
import { workNight } from './night.js'
import { reportOf } from './report.js'
import { restateBinary } from './server/binary.js'

/** `node --import tsx examples/restate/start.ts`, after `npm ci --prefix examples/restate`. */
const binary = restateBinary()
if (binary === null) {
  process.stderr.write(
    'There is no Restate server here: run "npm ci --prefix examples/restate", or set RESTATE_SERVER.\n',
  )
  process.exit(1)
}
const cases = CASES.filter(({ orderId }) => orderId !== '')
const from = performance.now()
const said = (line: string) => {
  process.stderr.write(`${((performance.now() - from) / 1_000).toFixed(1).padStart(5)}s  ${line}\n`)
}
const record = await workNight({ binary, home: '.midwatch', seed: 7, cases, serverDiesAt: [3, 9], said })
process.stdout.write(`${reportOf(record).join('\n')}\n`)
