import { type Caller, ROLES } from '../../core/access.js'
import { MidwatchError } from '../../core/errors.js'
import type { Clock } from '../../core/time.js'
import type { Tokens } from '../../core/tokens.js'
import { type Denied, denied, unauthenticated } from './denied.js'
import { isLoopback } from './loopback.js'
import { TokenReader } from './token-reader.js'

/** Who asks: by tokens of the ledger, everybody as admin, or as the host's own code says; null of it refuses. */
export type Access = 'tokens' | 'open' | ((request: Request) => Caller | null | Promise<Caller | null>)

export type Authenticate = (request: Request) => Promise<Caller | Denied>

const EVERYBODY: Caller = { principal: 'open', role: 'admin', tenants: null, tokenId: null }

/** Says who asks, request by request; made once for a server. Throws what asking the ledger throws, `ledger_away` among it. */
export function authenticateBy(
  access: Access,
  ports: { readonly tokens: Tokens; readonly clock: Pick<Clock, 'monotonic'> },
): Authenticate {
  if (access === 'open') return async (request) => openTo(request)
  if (access === 'tokens') {
    const reader = new TokenReader(ports.tokens, ports.clock)
    return async (request) => (await reader.callerOf(request.headers.get('authorization'))) ?? unauthenticated()
  }
  return async (request) => {
    const caller = await access(request)
    return caller === null ? unauthenticated() : checked(caller)
  }
}

/** A page of another site may make its own name mean this machine; then the browser still sends that name. */
function openTo(request: Request): Caller | Denied {
  const { hostname } = new URL(request.url)
  if (isLoopback(hostname)) return EVERYBODY
  return denied('forbidden', `This server is open to its own machine alone; '${hostname}' is none of its names.`)
}

/** What a host's code gives is trusted, but not half of it: a missing tenant list must not mean every tenant. */
function checked(caller: Caller): Caller {
  const { principal, role, tenants, tokenId = null } = caller as Partial<Caller>
  const isList = tenants === null || (Array.isArray(tenants) && tenants.every((one) => typeof one === 'string'))
  if (typeof principal === 'string' && principal !== '' && role !== undefined && ROLES.includes(role) && isList) {
    return { principal, role, tenants: tenants ?? null, tokenId }
  }
  throw new MidwatchError(
    'invalid_config',
    `access gave no caller: it needs a principal, a role of ${ROLES.join(', ')}, and tenants, which is null for every tenant.`,
  )
}
