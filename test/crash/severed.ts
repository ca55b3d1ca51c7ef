import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { EffectClass } from '../../src/core/states.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { type Cut, WireProxy } from '../../src/rehearse/real/wire-proxy.js'
import { assemble } from '../../src/runtime.js'
import { freshDatabase } from '../database.js'
import { sceneOf } from './scene.js'
import { Witness } from './witness.js'

export interface Severed {
  readonly outcome: string
  readonly cuts: number
  /** Acts in the world, repeats that the other side recognised left out. */
  readonly acts: readonly string[]
  readonly violations: readonly string[]
}

/**
 * A run whose worker loses its connection again and again while its steps are being written: before the server heard of
 * them, or after it had committed them and before the worker learnt so.
 */
export async function severed(effect: EffectClass, when: Cut, everyMs: number): Promise<Severed> {
  const database = await freshDatabase()
  process.env.CRASH_WORLD_URL = database.url
  const witness = await Witness.open(database.url, true)
  const proxy = await WireProxy.before(database.url)
  const ledger = await postgresLedger({ url: proxy.url, poolSize: 2 })
  const direct = await postgresLedger({ url: database.url, poolSize: 2 })
  const scene = sceneOf(effect)
  const mw = await assemble({ run: [scene], worker: { lease: '30s' }, alarm: () => undefined }, { ledger })
  let ended = false
  let cuts = 0
  const sever = async () => {
    while (!ended) {
      await proxy.cut(when, 'midwatch.apply')
      cuts += 1
      // Long enough for the batch that was cut to be sent again and answered: else nothing would ever get through.
      await new Promise((later) => setTimeout(later, everyMs))
    }
  }
  try {
    const run = await mw.start(scene, { input: { id: `${effect}-${when}` }, key: 'severed' })
    void sever()
    const { status } = await run.outcome()
    ended = true
    const { violations } = await verifyLedger(direct)
    const acts = (await witness.acts()).filter((a) => !a.repeated).map((a) => `${a.tool} ${a.key}`)
    return { outcome: status, cuts, acts, violations: violations.map((v) => `${v.invariant} ${v.what}`) }
  } finally {
    ended = true
    await mw.stop()
    await Promise.all([ledger.close(), direct.close(), witness.close(), proxy.close()])
    await database.drop()
  }
}
