/** A real worker with one build of the code: `worker.ts '{"url":…,"code":…,"name":…}'`. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { type Code, deskOf } from './scene.js'

export interface Build {
  readonly url: string
  readonly code: Code
  readonly name: string
}

const { url, code, name } = JSON.parse(process.argv[2] ?? '{}') as Build
process.env.DEPLOYS_WORLD_URL = url
const ledger = await postgresLedger({ url, poolSize: 2 })
const mw = await assemble({ run: [deskOf(code)], worker: { lease: '1s', name }, alarm: () => undefined }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
