import { ROLES, type Role } from '../../core/access.js'
import { MidwatchError } from '../../core/errors.js'
import { LIMITS } from '../../core/limits.js'
import { table } from '../../core/text-table.js'
import { type Duration, durationMs, type EpochMs } from '../../core/time.js'
import { isGood, type TokenRow } from '../../core/tokens.js'
import { makeToken } from '../../runtime/make-token.js'
import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { fromNow, span, stamp } from '../words.js'

const HEADS = ['token', 'role', 'tenants', 'made', 'by', 'expires', 'last used', 'state']

const ACTS: Readonly<Record<string, (call: Call) => Promise<Reply>>> = { create, list, revoke }

export const token: Verb = {
  usage: 'token <do> [name]',
  says: 'create, list, revoke: tokens of the HTTP API.',
  options: [
    ['--role <role>', `create: ${ROLES.join(', ')}; each may what those before it may`],
    ['--tenant <tenant...>', 'create: for these tenants alone (default: every tenant)'],
    ['--expires <duration>', 'create: in so long, such as 90d (default: it does not)'],
    ['--by <name>', 'create, revoke: who (default: the name of this account)'],
  ],
  act: (call) => {
    const act = ACTS[call.arg(0)]
    if (act) return act(call)
    throw new MidwatchError('usage', `token ${call.arg(0)}: use ${Object.keys(ACTS).join(', ')}.`)
  },
}

async function create(call: Call): Promise<Reply> {
  const tenants = call.texts('tenant')
  const expires = call.text('expires')
  const wish = {
    ...{ name: nameIn(call), role: roleIn(call), by: call.by },
    tenants: tenants.length === 0 ? null : tenants,
    expiresInMs: expires === undefined ? null : durationMs(expires as Duration),
  }
  const made = await makeToken(await call.ledger(), wish)
  const { name, role, expiresAt } = made.token
  const until = expiresAt === null ? 'for good' : `until ${stamp(expiresAt)}`
  const lines = [
    `Token ${name}: ${role} of ${tenantsOf(made.token)}, ${until}.`,
    made.text,
    `It is shown this once, and kept nowhere. To take it back: midwatch token revoke ${name}`,
  ]
  return { text: lines.join('\n'), data: { token: made.token, text: made.text } }
}

async function list(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const [rows, now] = [await ledger.tokens.list(), await ledger.now()]
  const lines = rows.map((row) => lineOf(row, now))
  const text = rows.length === 0 ? "There is no token; 'midwatch token create' makes one." : table(HEADS, lines)
  return { text, data: { now, tokens: rows.map((row) => ({ ...row, good: isGood(row, now) })) } }
}

function lineOf(row: TokenRow, now: EpochMs): string[] {
  const { name, role, createdAt, createdBy, expiresAt, lastUsedAt } = row
  return [
    ...[name, role, tenantsOf(row), stamp(createdAt), createdBy],
    expiresAt === null ? 'never' : fromNow(expiresAt, now),
    lastUsedAt === null ? 'never' : fromNow(lastUsedAt, now),
    stateOf(row, now),
  ]
}

function stateOf(row: TokenRow, now: EpochMs): string {
  if (row.revokedAt !== null) return `revoked ${fromNow(row.revokedAt, now)} by ${row.revokedBy}`
  return isGood(row, now) ? 'good' : 'expired'
}

const tenantsOf = ({ tenants }: TokenRow): string => tenants?.join(', ') ?? 'every tenant'

async function revoke(call: Call): Promise<Reply> {
  const name = nameIn(call)
  const { code } = await (await call.ledger()).tokens.revoke({ token: name, by: call.by })
  if (code === 'unknown') {
    throw new MidwatchError('unknown_token', `There is no token '${name}'; 'midwatch token list' has them all.`)
  }
  const changed = code === 'ok'
  const heard = `every server refuses it within ${span(LIMITS.token_cache_ms)}`
  return { text: `Token ${name} is revoked${changed ? `: ${heard}` : '; it was before'}.`, data: { name, changed } }
}

function nameIn(call: Call): string {
  const name = call.arg(1)
  if (name !== '') return name
  throw new MidwatchError('usage', `token ${call.arg(0)} needs the name of a token.`)
}

function roleIn(call: Call): Role {
  const text = call.text('role')
  const role = ROLES.find((one) => one === text)
  if (role) return role
  const said = text === undefined ? 'token create needs --role' : `'${text}' is no role`
  throw new MidwatchError('usage', `${said}: use ${ROLES.join(', ')}.`)
}
