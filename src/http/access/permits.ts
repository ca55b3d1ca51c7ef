import { atLeast, type Caller, type Role, sees } from '../../core/access.js'
import { type Denied, denied } from './denied.js'

/** What a request needs: the least role, and the tenant that it names, if it names one. */
export interface Needed {
  readonly role: Role
  readonly tenant?: string | undefined
}

/**
 * null when the caller may. A tenant here is one that the request names itself, and is refused alike whether there is such a
 * tenant or not. A thing of a tenant that the caller does not see is another matter: it is answered as one that is not there.
 */
export function permits(caller: Caller, { role, tenant }: Needed): Denied | null {
  if (!atLeast(caller.role, role)) {
    return denied('forbidden', `This needs the role ${role}; '${caller.principal}' is ${caller.role}.`)
  }
  if (tenant === undefined || sees(caller, tenant)) return null
  return denied('forbidden', `'${caller.principal}' may do nothing for the tenant '${tenant}'.`)
}
