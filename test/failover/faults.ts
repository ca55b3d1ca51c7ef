import { type Judged, Night } from './night.js'
import { type Server, until } from './server.js'

/** So many runs of each class of effect, each of which acts three times; and how many of these acts are done when it strikes. */
export interface Plan {
  readonly runs: number
  readonly strike: number
}

const struck = ({ runs, strike }: Plan): number => Math.ceil(9 * runs * strike)

/** What claims, an operator and a probe met between the failover and its reconciliation. */
interface Stop {
  readonly claims: number
  readonly missing: string
  readonly ps: string
  readonly doctor: string
  /** Exit codes of looking, of applying, and of `verify` right afterwards. */
  readonly looked: number
  readonly applied: number
  readonly verified: number
}

export interface Crossed {
  readonly judged: Judged
  readonly alarms: readonly string[]
}

/** The primary is killed under load; the standby that every commit had waited for takes its place. */
export async function acrossSynchronous(pattern: Server, plan: Plan): Promise<Crossed & { readonly lost: number }> {
  const [primary, standby] = [pattern.copy(), pattern.copy()]
  await primary.start({ synchronous_standby_names: 'one' })
  await standby.follow(primary, 'one')
  await primary.followed('one', 'sync')
  const night = await Night.on(primary)
  try {
    await Promise.all([night.hire('w1'), night.hire('w2')])
    const asked = night.ask(plan.runs)
    await night.acted(struck(plan))
    await primary.stop('kill')
    await standby.promote()
    night.switchTo(standby)
    await asked
    const forgotten = await night.forgotten()
    await night.over()
    const lost = (await night.ledger.lives.lost()).length + forgotten
    return { judged: await night.judge(), alarms: night.alarms, lost }
  } finally {
    await night.close()
    await Promise.all([primary.remove(), standby.remove()])
  }
}

/**
 * The standby stands still for a while before the primary is killed: what was acknowledged meanwhile is lost. One worker dies with
 * the primary and is started again on its disk.
 */
export async function acrossAsynchronous(pattern: Server, plan: Plan) {
  const [primary, standby] = [pattern.copy(), pattern.copy()]
  await primary.start({})
  await standby.follow(primary, 'one')
  await primary.followed('one', 'async')
  const night = await Night.on(primary)
  try {
    await Promise.all([night.hire('w1'), night.hire('w2')])
    await night.ask(plan.runs)
    await night.acted(struck(plan))
    await standby.stop('fast')
    const before = (await night.acts()).length
    await night.ask(plan.runs)
    await night.acted(before + struck(plan))
    await Promise.all([primary.stop('kill'), night.kill('w2')])
    await standby.follow(primary, 'one')
    await standby.promote()
    night.switchTo(standby)
    await night.hire('w2')
    return await reconciled(night)
  } finally {
    await night.close()
    await Promise.all([primary.remove(), standby.remove()])
  }
}

/**
 * Both ways to restart a server, one after the other, while runs are worked. Then a cold copy takes the place of its data, on the same
 * server and in the same timeline: nothing but what workers know tells of that.
 */
export async function acrossRestartsAndRestore(pattern: Server, plan: Plan) {
  const [server, backup] = [pattern.copy(), pattern.copy()]
  await server.start({})
  const night = await Night.on(server)
  try {
    await Promise.all([night.hire('w1'), night.hire('w2')])
    const asked = night.ask(plan.runs)
    await night.acted(struck(plan) / 2)
    await server.stop('immediate')
    await server.start({})
    await night.acted(struck(plan))
    await server.stop('fast')
    server.copyData(backup)
    await server.start({})
    await asked
    const before = (await night.acts()).length
    await night.ask(plan.runs)
    await night.acted(before + struck(plan))
    const restarted = [...night.alarms]
    await server.stop('immediate')
    backup.copyData(server)
    await server.start({})
    return { ...(await reconciled(night)), restarted }
  } finally {
    await night.close()
    await Promise.all([server.remove(), backup.remove()])
  }
}

/** Waits for the stop, looks at it as people do, reconciles by the command line, and lets the night go on to its end. */
async function reconciled(
  night: Night,
): Promise<Crossed & { readonly stop: Stop; readonly kept: number; readonly forgotten: number }> {
  const { ledger } = night
  const isStopped = async () => (await ledger.lives.standing()).stopped !== null
  await until(() => isStopped().catch(() => false))
  // Both workers have told what they know.
  await until(
    async () =>
      new Set(night.alarms.filter((one) => one.includes('Claims are stopped')).map((one) => one.slice(0, 2))).size ===
      2,
  )
  const missing = (await night.readiness()).missing.join()
  const [claims, ps, doctor] = [await night.claims(), (await night.say('ps')).out, (await night.say('doctor')).out]
  const looked = (await night.say('reconcile')).exit
  const { exit: applied, out } = await night.say('reconcile', '--apply', '--json')
  const verified = (await night.say('verify')).exit
  const forgotten = await night.forgotten()
  const { kept } = (JSON.parse(out) as { applied: { kept: readonly unknown[] } }).applied
  await night.over()
  const stop = { claims, missing, ps, doctor, looked, applied, verified }
  return { judged: await night.judge(), alarms: night.alarms, stop, kept: kept.length, forgotten }
}
