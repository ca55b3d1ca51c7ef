import { describe, expect, it } from 'vitest'
import { parseScope, runScopes, scopeOf } from './scope.js'

describe('a scope as a person types it', () => {
  it.each([
    ['fleet', 'fleet'],
    ['tenant:acme', 'tenant:acme'],
    ['agent:refund-desk', 'agent:refund-desk'],
    ['tool:issue_refund', 'tool:issue_refund'],
    ['run:0198', 'run:0198'],
    ['session:case-7', 'session:default/case-7'],
    ['session:acme/case-7', 'session:acme/case-7'],
    ['tenant:a:b', 'tenant:a:b'],
  ])('%s is %s', (text, scope) => {
    expect(parseScope(text)).toBe(scope)
  })

  it.each(['', 'all', 'fleet:', 'tenant', 'tenant:', 'session:', 'agents:desk', 'FLEET'])(
    "'%s' covers nothing and is refused",
    (text) => {
      expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: 'invalid_scope' }))
    },
  )
})

describe('the scopes that cover a run', () => {
  const run = { runId: 'r1', tenant: 'acme', agent: 'desk', session: 'case-7' }

  it('are the fleet, its tenant, its agent, its session and itself', () => {
    expect(runScopes(run)).toEqual(['fleet', 'tenant:acme', 'agent:desk', 'session:acme/case-7', 'run:r1'])
    expect(runScopes({ ...run, session: null })).toEqual(['fleet', 'tenant:acme', 'agent:desk', 'run:r1'])
  })

  it('keep the sessions of two tenants apart', () => {
    expect(scopeOf.session('acme', 's')).not.toBe(scopeOf.session('other', 's'))
  })
})
