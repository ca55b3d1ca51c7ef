import { describe, expect, it } from 'vitest'
import { type Caller, ROLES, sees } from '../../core/access.js'
import { permits } from './permits.js'

const caller = (role: Caller['role'], tenants: Caller['tenants'] = ['acme']): Caller => ({
  ...{ principal: 'token:ci', role, tenants, tokenId: 't' },
})

describe('what a caller may', () => {
  it.each(ROLES.flatMap((has, i) => ROLES.map((needed, j) => [has, needed, i >= j] as const)))(
    '%s where %s is needed: %s',
    (has, needed, may) => {
      expect(permits(caller(has), { role: needed }) === null).toBe(may)
    },
  )

  it('a role that nobody knows may nothing', () => {
    expect(permits(caller('root' as never), { role: 'viewer' })).toMatchObject({ code: 'forbidden' })
  })

  it('says which role is needed, and whose is too low', () => {
    const detail = "This needs the role approver; 'token:ci' is operator."
    expect(permits(caller('operator'), { role: 'approver' })).toEqual({ code: 'forbidden', detail, more: {} })
  })

  it('a tenant that a request names must be the caller’s own; null is every tenant, and an empty list none', () => {
    const of = (tenants: Caller['tenants'], tenant: string) =>
      permits(caller('admin', tenants), { role: 'viewer', tenant })
    expect(of(['acme', 'b'], 'b')).toBeNull()
    expect(of(null, 'b')).toBeNull()
    expect(of(['acme'], 'b')).toMatchObject({ code: 'forbidden' })
    expect(of(['acme'], '')).toMatchObject({ code: 'forbidden' })
    expect(of([], 'b')).toMatchObject({ code: 'forbidden' })
    expect([
      sees(caller('viewer', []), 'a'),
      sees(caller('viewer', null), 'a'),
      sees(caller('viewer'), 'acme'),
    ]).toEqual([false, true, true])
  })
})
