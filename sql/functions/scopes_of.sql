-- The switch scopes that cover a run, as runScopes in src/core/scope.ts. Tools are looked at step by step.
create or replace function midwatch.scopes_of(r midwatch.run) returns text[]
language sql immutable
as $$
  select case when r.session is null then array['fleet', 'tenant:' || r.tenant, 'agent:' || r.agent, 'run:' || r.run_id]
  else array['fleet', 'tenant:' || r.tenant, 'agent:' || r.agent, 'session:' || r.tenant || '/' || r.session,
    'run:' || r.run_id] end
$$;

-- The engaged switch that covers a run: `end` before `hold`, then by scope; no row when there is none.
create or replace function midwatch.covering(r midwatch.run, out scope text, out mode text, out set_by text)
returns setof record language sql stable as $$
  select s.scope, s.mode, s.set_by from midwatch.switch s
   where s.engaged and s.scope = any(midwatch.scopes_of(r)) order by s.mode, s.scope limit 1
$$;
