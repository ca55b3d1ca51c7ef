import { MidwatchError } from '../../core/errors.js'
import { inspectDatabase } from '../../runtime/operator.js'
import type { Call } from '../call.js'
import { type Check, databaseChecks, fail, fleetChecks, nodeCheck } from '../checks.js'
import { configPath } from '../config.js'
import { EXIT } from '../exit.js'
import type { Reply, Verb } from '../verb.js'

export const doctor: Verb = {
  usage: 'doctor',
  says: 'Look at what Midwatch stands on; each line says ok, warn or fail, and what to do. Exit code 6 on a failure.',
  act: examine,
}

async function examine(call: Call): Promise<Reply> {
  const checks = [nodeCheck(process.version), await configCheck(call), ...(await storeChecks(call))]
  const failed = checks.some((one) => one.state === 'fail')
  const width = Math.max(...checks.map((one) => one.name.length))
  const lines = checks.map(({ state, name, what, advice }) => {
    const line = `${state.padEnd(4)}  ${name.padEnd(width)}  ${what}`
    return advice === '' ? line : `${line}\n${' '.repeat(width + 8)}→ ${advice}`
  })
  return { text: lines.join('\n'), data: { ok: !failed, checks }, exit: failed ? EXIT.failed : EXIT.ok }
}

async function configCheck(call: Call): Promise<Check> {
  const path = configPath(call.io.cwd, call.text('config'))
  if (path === null && call.io.given?.options === undefined) {
    const advice = 'Commands that only need the ledger work without; start, worker and run need one.'
    return { name: 'config', state: 'warn', what: `no midwatch.config.ts in ${call.io.cwd}`, advice }
  }
  try {
    const { options } = await call.project()
    const agents = options.run.map(({ definition }) => `${definition.name}@${definition.version}`)
    return { name: 'config', state: 'ok', what: `${path ?? 'given'}: ${agents.join(', ') || 'no agent'}`, advice: '' }
  } catch (error) {
    return fail('config', messageOf(error), 'Mend it; until then start, worker and run cannot work.')
  }
}

async function storeChecks(call: Call): Promise<Check[]> {
  try {
    const where = await call.storeAt()
    const embedded = 'home' in where
    const { ledger, url } = await call.store()
    const what = embedded ? `embedded PostgreSQL, data in ${where.home}` : `the database ${withoutPassword(url)}`
    const reached: Check = { name: 'store', state: 'ok', what, advice: '' }
    const database = url === '' ? [] : databaseChecks(await inspectDatabase({ url }), embedded, 'directUrl' in where)
    return [reached, ...database, ...(await fleetChecks(ledger))]
  } catch (error) {
    const code = error instanceof MidwatchError ? error.code : 'failed'
    return [fail('store', `${code}: ${messageOf(error)}`, `docs/errors/${code}.md says more.`)]
  }
}

function withoutPassword(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname || 'local'}${port && `:${port}`}${pathname}`
  } catch {
    return 'of DATABASE_URL'
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
