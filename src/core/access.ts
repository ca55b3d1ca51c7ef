/** What a caller may do. Each may what those before it may. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who asks: what every HTTP route, and every decision of a person, is judged by. */
export interface Caller {
  /** `token:NAME`, or what the host's own authentication says. */
  readonly principal: string
  readonly role: Role
  /** null: every tenant. */
  readonly tenants: readonly string[] | null
  readonly tokenId: string | null
}

export const atLeast = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed)

/** Whether the caller sees what is this tenant's. Of a thing that it does not see, nothing is told, not even that it is there. */
export const sees = ({ tenants }: Caller, tenant: string): boolean => tenants === null || tenants.includes(tenant)
