import { MidwatchError } from './errors.js'

/** What a kill switch covers: `fleet`, `tenant:T`, `agent:A`, `tool:T`, `session:TENANT/S`, `run:R`. */
export type SwitchScope = string

export const scopeOf = {
  fleet: 'fleet',
  tenant: (tenant: string) => `tenant:${tenant}`,
  agent: (agent: string) => `agent:${agent}`,
  tool: (tool: string) => `tool:${tool}`,
  session: (tenant: string, session: string) => `session:${tenant}/${session}`,
  run: (runId: string) => `run:${runId}`,
} as const

/**
 * The switch scopes that cover a run, fixed at its admission: its own, and those `above` of the runs that it is a child of.
 * Tools are looked at step by step.
 */
export function runScopes(run: {
  readonly runId: string
  readonly tenant: string
  readonly agent: string
  readonly session: string | null
  readonly above?: readonly string[]
}): string[] {
  const scopes = [scopeOf.fleet, scopeOf.tenant(run.tenant), scopeOf.agent(run.agent)]
  if (run.session !== null) scopes.push(scopeOf.session(run.tenant, run.session))
  return [...scopes, scopeOf.run(run.runId), ...(run.above ?? [])]
}

/** What a child of this run inherits of its scopes: all but those that cover the child anyway. */
export function scopesAbove(parent: Parameters<typeof runScopes>[0], own: Parameters<typeof runScopes>[0]): string[] {
  const known = new Set(runScopes({ ...own, above: [] }))
  return runScopes(parent).filter((scope) => !known.has(scope))
}

/** Reads a scope as a person typed it; `session:S` means the session of the default tenant. Throws `invalid_scope`. */
export function parseScope(text: string): SwitchScope {
  const [kind, ...rest] = text.split(':')
  const name = rest.join(':')
  if (text === 'fleet') return text
  if (name !== '' && kind === 'session') return name.includes('/') ? text : scopeOf.session('default', name)
  if (name !== '' && ['tenant', 'agent', 'tool', 'run'].includes(kind ?? '')) return text
  throw new MidwatchError(
    'invalid_scope',
    `'${text}' is no scope; write fleet, tenant:NAME, agent:NAME, tool:NAME, session:NAME or run:ID.`,
  )
}
