/** A real worker of one release, which migrates if its url is the owner's: `worker.ts '{"url":…,"name":…}'`. */
import { MidwatchError } from '../../src/core/errors.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { type Asked, errand, type Told } from './scene.js'

const { url, name } = JSON.parse(process.argv[2] ?? '{}') as Asked
process.env.UPGRADE_WORLD_URL = url
const tell = (told: Told) => process.send?.(told)

try {
  const ledger = await postgresLedger({ url, owner: true, poolSize: 2 })
  const alarm = (what: string) => tell({ what: 'alarm', says: what })
  const mw = await assemble({ run: [errand], worker: { name, concurrency: 4 }, alarm }, { ledger })
  process.on('message', () => void mw.readiness().then(({ missing }) => tell({ what: 'readiness', missing })))
  process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
  tell({ what: 'works' })
} catch (error) {
  tell({ what: 'refused', code: error instanceof MidwatchError ? error.code : String(error) })
  process.disconnect?.()
}
