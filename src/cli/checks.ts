import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import { stopText } from '../core/lives.js'
import { DEPTH_MOST } from '../core/queues.js'
import type { DatabaseReport } from '../runtime/operator.js'
import { type Stranded, servedIn } from './stranded.js'
import { many, shortId, span } from './words.js'

/** One thing that was looked at. A warning may be meant so; a failure keeps promises from being kept. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly what: string
  /** What to do about it; '' where nothing need be done. */
  readonly advice: string
}

const ok = (name: string, what: string): Check => ({ name, state: 'ok', what, advice: '' })
const warn = (name: string, what: string, advice: string): Check => ({ name, state: 'warn', what, advice })
export const fail = (name: string, what: string, advice: string): Check => ({ name, state: 'fail', what, advice })

const NODE_LEAST = [20, 19] as const
const SERVER_LEAST = 15

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const fits = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1])
  return fits ? ok('node', version) : fail('node', version, `Install Node ${NODE_LEAST.join('.')} or later.`)
}

/** The database: its version, schema, roles, durability, replication and clock. */
export function databaseChecks(report: DatabaseReport, embedded: boolean, hasDirect = false): Check[] {
  return [
    versionCheck(report),
    ok('schema', `as this version needs it, incarnation ${report.incarnation}`),
    isolationCheck(report),
    rolesCheck(report, embedded),
    poolingCheck(report, hasDirect),
    durabilityCheck(report),
    replicationCheck(report, embedded),
    clockCheck(report),
  ]
}

function versionCheck({ serverVersion }: DatabaseReport): Check {
  const what = `PostgreSQL ${serverVersion}`
  const major = Number.parseInt(serverVersion, 10)
  return major >= SERVER_LEAST ? ok('server', what) : fail('server', what, `Use PostgreSQL ${SERVER_LEAST} or later.`)
}

function isolationCheck({ isolation }: DatabaseReport): Check {
  if (isolation === 'read committed') return ok('isolation', isolation)
  return fail('isolation', isolation, 'Leave default_transaction_isolation at read committed.')
}

function rolesCheck({ role }: DatabaseReport, embedded: boolean): Check {
  if (!role.ownsSchema && !role.mayChangeEntries) return ok('roles', `two: ${role.name} may not change entries`)
  const what = `one: ${role.name} ${role.ownsSchema ? 'owns the schema' : 'may change entries'}`
  // The embedded server has one user, and whoever reads its folder has everything.
  if (embedded) return ok('roles', what)
  return warn('roles', what, 'Run workers as a role of their own that may insert and read entries, and no more.')
}

function poolingCheck({ pooled }: DatabaseReport, hasDirect: boolean): Check {
  if (!pooled) return ok('pooling', 'no pooler between')
  if (hasDirect) return ok('pooling', 'a pooler, and a direct way for heartbeats, presence and listening')
  return warn(
    'pooling',
    'a pooler stands between',
    'Set DATABASE_DIRECT_URL (directUrl): without it a death shows only when a lease is over, and what is due is looked for twice a second.',
  )
}

function durabilityCheck({ durability: { fsync, fullPageWrites } }: DatabaseReport): Check {
  if (fsync && fullPageWrites) return ok('durability', 'fsync and full_page_writes are on')
  const off = [!fsync && 'fsync', !fullPageWrites && 'full_page_writes'].filter(Boolean).join(' and ')
  return fail('durability', `${off} is off`, 'Turn it on: a power cut would lose what was acknowledged.')
}

function replicationCheck({ replication }: DatabaseReport, embedded: boolean): Check {
  const { synchronousCommit, synchronousStandbyNames, standbys } = replication
  if (synchronousCommit === 'off') {
    return fail('replication', 'synchronous_commit is off', 'Turn it on: a crash would lose what was acknowledged.')
  }
  const waited = standbys.filter((one) => one.syncState === 'sync' || one.syncState === 'quorum')
  if (synchronousStandbyNames !== '' && waited.length === 0)
    return warn('replication', 'a standby is waited for and none is connected', 'Commits wait until one is: start it.')
  if (synchronousStandbyNames !== '') return waitedCheck(synchronousCommit, waited, standbys)
  if (embedded) return ok('replication', 'none: one machine, and no failover')
  const what = standbys.length === 0 ? 'none' : `not synchronous, to ${standbys.map((one) => one.name).join(', ')}`
  return warn(
    'replication',
    what,
    'A failover may lose what was acknowledged, and with it promises 1 to 3: claims would stop until you reconcile. Set synchronous_standby_names.',
  )
}

/** What commits wait for decides what a failover keeps. */
function waitedCheck(commit: string, waited: Standbys, standbys: Standbys): Check {
  const named = (all: Standbys) => all.map((one) => one.name).join(', ')
  const others = standbys.filter((one) => !waited.includes(one))
  const beside = others.length === 0 ? '' : `; ${named(others)} may lag behind: never promote that`
  if (commit === 'on' || commit === 'remote_apply')
    return ok('replication', `synchronous, to ${named(waited)}${beside}`)
  const weak = WEAK[commit] ?? 'and that is not known to keep anything'
  return warn(
    'replication',
    `synchronous_commit is ${commit}, ${weak}${beside}`,
    'Set it to on: a failover may lose what was acknowledged.',
  )
}

type Standbys = DatabaseReport['replication']['standbys']

const WEAK: Readonly<Record<string, string>> = {
  local: 'so that no standby is waited for',
  remote_write: 'so that the machine of a standby may still lose it',
}

function clockCheck({ clockAheadMs }: DatabaseReport): Check {
  const off = Math.abs(clockAheadMs)
  const what = `the database is ${off} ms ${clockAheadMs < 0 ? 'behind' : 'ahead of'} this machine`
  if (off < LIMITS.clock_skew_ms / 5) return ok('clock', what)
  const advice = 'Synchronise the clocks of this machine and the database (NTP).'
  return off < LIMITS.clock_skew_ms ? warn('clock', what, advice) : fail('clock', what, advice)
}

/** Workers, and what needs one; switches that are engaged; what waits for people. */
export async function fleetChecks(ledger: Ledger): Promise<Check[]> {
  const { workers, stranded } = await servedIn(ledger)
  return [
    await continuityCheck(ledger),
    workers.length > 0
      ? ok('workers', `${workers.length} alive: ${workers.join(', ')}`)
      : warn('workers', 'none is alive', "Nothing is worked until one is: 'midwatch start'."),
    stranded.length > 0 ? strandedCheck(stranded) : ok('runs', await underWay(ledger)),
    await queueCheck(ledger),
    await switchCheck(ledger),
    await peopleCheck(ledger, await ledger.now()),
  ]
}

/** Whether the ledger is the one that it was, and what of it is known to be lost. */
async function continuityCheck({ lives }: Ledger): Promise<Check> {
  const [standing, lost] = [await lives.standing(), (await lives.lost()).filter(({ keptAs }) => keptAs === null)]
  const why = stopText(standing)
  const advice = "Look with 'midwatch reconcile'; docs/failover.md says what it does."
  if (why !== null) return fail('continuity', why, advice)
  if (lost.length > 0)
    return warn('continuity', `${many(lost.length, 'write')} told of as lost, and not reconciled`, advice)
  return ok('continuity', `the ledger is the one that it was, in incarnation ${standing.incarnation}`)
}

async function underWay(ledger: Ledger): Promise<string> {
  const runs = (await ledger.pins()).reduce((sum, pin) => sum + pin.runs, 0)
  return runs === 0 ? 'none under way' : `${runs} under way, each served by a worker`
}

function strandedCheck(stranded: readonly Stranded[]): Check {
  const [first] = stranded
  const told = (['unserved', 'misfit'] as const).flatMap((why) => {
    const these = stranded.filter((one) => one.why === why)
    const agents = [...new Set(these.map(({ agent, version }) => `${agent}@${version}`))]
    const runs = these.reduce((sum, one) => sum + one.runs, 0)
    return these.length === 0 ? [] : [`${runs} that ${NOBODY[why]} (${agents.join(', ')})`]
  })
  const advice = 'Start a worker with exactly that version of the code, or move them; midwatch ps says how.'
  return warn('runs', `${told.join('; ')}, such as ${shortId(first?.first ?? '')}`, advice)
}

/** Queues that no living worker looks into while runs wait in them: their agents may be served all the same, in other queues. */
async function queueCheck(ledger: Ledger): Promise<Check> {
  const waiting = (await ledger.queues.list()).filter((one) => one.waiting > 0)
  const lying = waiting.filter(({ servedBy }) => servedBy.length === 0)
  if (waiting.length === 0) return ok('queues', 'nothing waits to begin')
  if (lying.length === 0) return ok('queues', `runs wait in ${many(waiting.length, 'queue')}, each served`)
  const now = await ledger.now()
  const told = lying.map(({ queue, waiting, oldestAt }) => {
    const since = oldestAt === null ? '' : `, the oldest for ${span(Math.max(0, now - oldestAt))}`
    return `'${queue}' (${waiting >= DEPTH_MOST ? `${DEPTH_MOST} or more` : waiting} waiting${since})`
  })
  const advice =
    'Start a worker that looks into it (midwatch worker --queue NAME, or worker.queues in its config), or end what waits (midwatch cancel RUN).'
  return warn('queues', `no living worker looks into ${told.join(', ')}`, advice)
}

const NOBODY = { unserved: 'no living worker serves', misfit: 'do not fit the code that serves them' } as const

async function switchCheck(ledger: Ledger): Promise<Check> {
  const engaged = (await ledger.switches()).filter((one) => one.engaged)
  // A cancelled run keeps its own; that is no news.
  const wide = engaged.filter((one) => !one.scope.startsWith('run:'))
  if (wide.length === 0) return ok('switches', 'none is engaged')
  const what = wide.map((one) => `${one.scope} (${one.mode}, by ${one.by})`).join(', ')
  return warn('switches', `engaged: ${what}`, 'Nothing begins in these scopes; lift them with midwatch release SCOPE.')
}

async function peopleCheck(ledger: Ledger, now: number): Promise<Check> {
  const open = await ledger.escalations({ state: 'open' })
  if (open.length === 0) return ok('people', 'nothing waits for a person')
  const next = Math.min(...open.map((one) => one.dueAt))
  const due = next > now ? `the next is due in ${span(next - now)}` : 'one is overdue'
  return warn('people', `${many(open.length, 'open question')}; ${due}`, 'midwatch inbox lists them.')
}
