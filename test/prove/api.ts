import { verifyLedger } from '../../src/core/invariants/verify.js'
import { fuzz } from '../api/fuzz.js'
import { sendMalformed } from '../api/malformed.js'
import { askMatrix } from '../api/matrix.js'
import { scene } from '../api/scene.js'
import { withDatabase } from './with-database.js'

export const name = 'api'
export const about =
  'the API shot at with requests of its own document, 10,000 malformed bodies, each route × role × wrong tenant, over HTTP on PostgreSQL'

const BODIES = 10_000

/** `--seed=N` and `--shots=N` replay and shorten it. */
const option = (named: string, usual: number): number =>
  Number(process.argv.find((one) => one.startsWith(`--${named}=`))?.split('=')[1] ?? usual)

export function run(): Promise<{ summary: string; ok: boolean }> {
  const seed = option('seed', Date.now() % 2 ** 31)
  const shots = option('shots', 20_000)
  console.log(`   seed ${seed}`)
  return withDatabase(async () => {
    const at = await scene('postgres')
    try {
      const { cells, wrong } = await askMatrix(at)
      for (const line of wrong) console.log(`   ${line}`)
      const { sent, unchanged } = await sendMalformed(at, { bodies: BODIES, seed })
      const { seen, neverGranted } = await fuzz(at, { shots, seed })
      for (const [route, by] of seen)
        console.log(`   ${route}: ${[...by].map(([status, n]) => `${n} × ${status}`).join(', ')}`)
      const { violations, checked } = await verifyLedger(at.ledger)
      // No webhook is configured, and nothing is in doubt.
      const missed = neverGranted.filter((route) => !/webhooks|doubts.+resolve/.test(route))
      for (const route of missed) console.log(`   never granted: ${route}`)
      const clean =
        wrong.length === 0 && unchanged && missed.length === 0 && at.faults.length === 0 && violations.length === 0
      const summary = `seed ${seed}: ${shots} requests of ${seen.size} routes, none undocumented; ${cells} cells, ${wrong.length} wrong; ${sent} malformed bodies, ledger ${unchanged ? 'unchanged' : 'CHANGED'}; ${violations.length} violations in ${checked.runs} runs`
      return { summary, ok: clean }
    } finally {
      await at.close()
    }
  })
}
